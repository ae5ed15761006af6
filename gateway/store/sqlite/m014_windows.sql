-- name: first_event_id
-- Which event had the same idempotency key before.
ALTER TABLE verdicts ADD COLUMN first_event_id TEXT;

-- name: batch_id
-- What the deliveries of one batch have in common. One of them leads; the others are held, leased to nobody, for ever.
ALTER TABLE deliveries ADD COLUMN batch_id TEXT;

-- name: deliveries_in_batch
CREATE INDEX deliveries_in_batch ON deliveries (batch_id, seq) WHERE state = 'pending' AND batch_id IS NOT NULL;

-- name: batch_goes_on
-- Where the one that leads ends without the others, the next of them leads.
CREATE TRIGGER deliveries_batch_goes_on AFTER UPDATE OF state ON deliveries
WHEN OLD.batch_id IS NOT NULL AND OLD.state = 'pending' AND NEW.state <> 'pending'
    AND OLD.leased_until IS NOT 9000000000000000
BEGIN
    UPDATE deliveries SET leased_until = NULL, due_at = OLD.due_at WHERE seq = (
        SELECT seq FROM deliveries WHERE batch_id = OLD.batch_id AND state = 'pending' ORDER BY seq LIMIT 1
    );
END;

-- name: batch_goes_on_without_deleted
CREATE TRIGGER deliveries_batch_goes_on_without_deleted AFTER DELETE ON deliveries
WHEN OLD.batch_id IS NOT NULL AND OLD.state = 'pending' AND OLD.leased_until IS NOT 9000000000000000
BEGIN
    UPDATE deliveries SET leased_until = NULL, due_at = OLD.due_at WHERE seq = (
        SELECT seq FROM deliveries WHERE batch_id = OLD.batch_id AND state = 'pending' ORDER BY seq LIMIT 1
    );
END;

-- name: windows
-- For each key the delivery that waits for others: a debounced one, or the one that leads an open batch.
CREATE TABLE windows (
    subscription TEXT NOT NULL,
    key TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    latest_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    batch_id TEXT,
    events INTEGER NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (subscription, key)
) WITHOUT ROWID;

-- name: windows_by_time
CREATE INDEX windows_by_time ON windows (due_at);
