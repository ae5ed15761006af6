-- compatible: yes

-- name: order_key
-- What the deliveries of a subscription with order_by have in common that go one after the other. One that waits
-- for an earlier one of its key is held: leased to nobody, for ever. So older nodes leave it alone too.
ALTER TABLE deliveries ADD COLUMN order_key text COLLATE "C";

-- name: order_at
-- The place among those of its key; the one that arrived first goes first where two have the same.
ALTER TABLE deliveries ADD COLUMN order_at bigint NOT NULL DEFAULT 0;

-- name: deliveries_in_order
CREATE INDEX deliveries_in_order ON deliveries_pending (subscription, order_key, order_at, seq)
WHERE order_key IS NOT NULL;

-- name: deliveries_under_way
CREATE INDEX deliveries_under_way ON deliveries_pending (subscription, order_key)
WHERE order_key IS NOT NULL AND leased_by IS NOT NULL;

-- name: lock_order
-- One at a time looks at, or changes, what is held of a subscription: else a claim could hold a delivery back for
-- one that another node is just about to end.
CREATE FUNCTION lock_order(subscription text) RETURNS void LANGUAGE sql AS
$$ SELECT pg_advisory_xact_lock(hashtext('gateway.order.' || current_schema), hashtext(subscription)) $$;

-- name: free_next
-- Whoever ends an attempt or a delivery lets the first of those go that are held: whether it is its turn, the
-- next claim sees. The `+ 0` keeps the planner from collecting all that is held and sorting it.
CREATE FUNCTION free_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_order(OLD.subscription);
    UPDATE deliveries_pending SET leased_until = NULL WHERE delivery_id = (
        SELECT d.delivery_id FROM deliveries_pending AS d
        WHERE d.subscription = OLD.subscription AND d.order_key = OLD.order_key
            AND d.leased_until + 0 = 9000000000000000
        ORDER BY d.order_at, d.seq LIMIT 1
        FOR UPDATE SKIP LOCKED
    );
    RETURN NULL;
END $$;

-- name: free_next_of_attempted
CREATE TRIGGER free_next_of_attempted AFTER UPDATE ON deliveries_pending FOR EACH ROW
WHEN (OLD.order_key IS NOT NULL AND OLD.leased_by IS NOT NULL AND NEW.leased_by IS NULL)
EXECUTE FUNCTION free_next();

-- name: free_next_of_ended
CREATE TRIGGER free_next_of_ended AFTER DELETE ON deliveries_pending FOR EACH ROW
WHEN (OLD.order_key IS NOT NULL) EXECUTE FUNCTION free_next();

-- name: verdicts
-- Why a subscription whose patterns match did not get an event.
CREATE TABLE verdicts (
    event_id text COLLATE "C" NOT NULL,
    subscription text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    expression text NOT NULL,
    saw text NOT NULL,
    error text,
    PRIMARY KEY (event_id, subscription)
) PARTITION BY RANGE (event_id);

-- name: verdicts_by_subscription
CREATE INDEX verdicts_by_subscription ON verdicts (subscription, event_id);

-- name: verdicts_of_errors
CREATE INDEX verdicts_of_errors ON verdicts (subscription) WHERE error IS NOT NULL;

-- name: by_day
CREATE OR REPLACE FUNCTION by_day() RETURNS text[] LANGUAGE sql IMMUTABLE AS
$$ SELECT ARRAY['attempts', 'deliveries_finished', 'requests', 'verdicts', 'events'] $$;

-- name: days_that_are_there
SELECT add_day(substr(c.relname::text, 8), bound[1], bound[2])
FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
CROSS JOIN LATERAL regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(.*)''\) TO \(''(.*)''\)') AS bound
WHERE i.inhparent = 'events'::regclass;
