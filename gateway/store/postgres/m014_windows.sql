-- compatible: yes

-- name: first_event_id
-- Which event had the same idempotency key before.
ALTER TABLE verdicts ADD COLUMN first_event_id text COLLATE "C";

-- name: batch_id
-- What the deliveries of one batch have in common. One of them leads; the others are held, leased to nobody, for
-- ever. So older nodes leave them alone too.
ALTER TABLE deliveries ADD COLUMN batch_id text COLLATE "C";

-- name: deliveries_in_batch
CREATE INDEX deliveries_in_batch ON deliveries_pending (batch_id, seq) WHERE batch_id IS NOT NULL;

-- name: batch_goes_on
-- Where the one that leads ends without the others, the next of them leads.
CREATE FUNCTION batch_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE deliveries_pending SET leased_until = NULL, due_at = OLD.due_at WHERE delivery_id = (
        SELECT d.delivery_id FROM deliveries_pending AS d WHERE d.batch_id = OLD.batch_id ORDER BY d.seq LIMIT 1
    );
    RETURN NULL;
END $$;

-- name: batch_goes_on_after_first
CREATE TRIGGER batch_goes_on_after_first AFTER DELETE ON deliveries_pending FOR EACH ROW
WHEN (OLD.batch_id IS NOT NULL AND OLD.leased_until IS DISTINCT FROM 9000000000000000)
EXECUTE FUNCTION batch_goes_on();

-- name: windows
-- For each key the delivery that waits for others: a debounced one, or the one that leads an open batch.
CREATE TABLE windows (
    subscription text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    delivery_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    opened_at bigint NOT NULL,
    latest_at bigint NOT NULL,
    due_at bigint NOT NULL,
    batch_id text COLLATE "C",
    events integer NOT NULL,
    size bigint NOT NULL,
    PRIMARY KEY (subscription, key)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

-- name: windows_by_time
CREATE INDEX windows_by_time ON windows (due_at);
