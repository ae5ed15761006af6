-- name: order_key
-- What the deliveries of a subscription with order_by have in common that go one after the other. One that waits
-- for an earlier one of its key is held: leased to nobody, for ever. The other indexes then leave it out.
ALTER TABLE deliveries ADD COLUMN order_key TEXT;

-- name: order_at
-- The place among those of its key; the one that arrived first goes first where two have the same.
ALTER TABLE deliveries ADD COLUMN order_at INTEGER NOT NULL DEFAULT 0;

-- name: deliveries_in_order
CREATE INDEX deliveries_in_order ON deliveries (subscription, order_key, order_at)
WHERE state = 'pending' AND order_key IS NOT NULL;

-- name: deliveries_under_way
CREATE INDEX deliveries_under_way ON deliveries (subscription, order_key)
WHERE order_key IS NOT NULL AND leased_by IS NOT NULL;

-- name: free_next
-- Whoever ends an attempt or a delivery lets the first of those go that are held: whether it is its turn, the
-- next claim sees.
CREATE TRIGGER deliveries_free_next AFTER UPDATE OF state, leased_by ON deliveries
WHEN OLD.order_key IS NOT NULL AND OLD.state = 'pending'
    AND (NEW.state <> 'pending' OR (OLD.leased_by IS NOT NULL AND NEW.leased_by IS NULL))
BEGIN
    UPDATE deliveries SET leased_until = NULL WHERE seq = (
        SELECT seq FROM deliveries
        WHERE subscription = OLD.subscription AND order_key = OLD.order_key AND state = 'pending'
            AND leased_until = 9000000000000000
        ORDER BY order_at, seq LIMIT 1
    );
END;

-- name: free_next_of_deleted
CREATE TRIGGER deliveries_free_next_of_deleted AFTER DELETE ON deliveries
WHEN OLD.order_key IS NOT NULL AND OLD.state = 'pending'
BEGIN
    UPDATE deliveries SET leased_until = NULL WHERE seq = (
        SELECT seq FROM deliveries
        WHERE subscription = OLD.subscription AND order_key = OLD.order_key AND state = 'pending'
            AND leased_until = 9000000000000000
        ORDER BY order_at, seq LIMIT 1
    );
END;

-- name: verdicts
-- Why a subscription whose patterns match did not get an event.
CREATE TABLE verdicts (
    event_id TEXT NOT NULL,
    subscription TEXT NOT NULL,
    reason TEXT NOT NULL,
    expression TEXT NOT NULL,
    saw TEXT NOT NULL,
    error TEXT,
    PRIMARY KEY (event_id, subscription)
) WITHOUT ROWID;

-- name: verdicts_by_subscription
CREATE INDEX verdicts_by_subscription ON verdicts (subscription, event_id);

-- name: verdicts_of_errors
CREATE INDEX verdicts_of_errors ON verdicts (subscription) WHERE error IS NOT NULL;
