-- compatible: yes

-- name: deliveries_held
-- What is held of a key, its first first. `coalesce` lets no other index be taken for it: as long as statistics
-- say that little is leased, the planner would collect all that is held and sort it.
CREATE INDEX deliveries_held ON deliveries_pending (subscription, order_key, order_at, seq)
WHERE coalesce(leased_until, 0) = 9000000000000000;

-- name: free_next
-- As before, at the same cost however many of the key are held.
CREATE OR REPLACE FUNCTION free_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_order(OLD.subscription);
    UPDATE deliveries_pending SET leased_until = NULL WHERE delivery_id = (
        SELECT d.delivery_id FROM deliveries_pending AS d
        WHERE d.subscription = OLD.subscription AND d.order_key = OLD.order_key
            AND coalesce(d.leased_until, 0) = 9000000000000000
        ORDER BY d.order_at, d.seq LIMIT 1
        FOR UPDATE SKIP LOCKED
    );
    RETURN NULL;
END $$;
