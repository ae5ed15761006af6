-- name: held_runs
-- Locked against whoever would end the lease or the delivery, in one order.
SELECT d.delivery_id AS run_id, d.attempts FROM deliveries_pending AS d
WHERE d.delivery_id = ANY ($1::text[]) AND d.leased_by IS NOT NULL
ORDER BY d.delivery_id FOR SHARE;

-- name: kept_steps
SELECT s.run_id, s.key, s.result
FROM unnest($1::text[], $2::text[], $3::text[]) AS a (event_id, run_id, key)
JOIN steps AS s ON s.event_id = a.event_id AND s.run_id = a.run_id AND s.key = a.key;

-- name: steps_of
SELECT event_id, run_id, key, result, kept_at FROM steps WHERE event_id = $1 AND run_id = $2 ORDER BY kept_at, key;

-- name: keep_steps
INSERT INTO steps (event_id, run_id, key, kept_at, result)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[]);

-- name: delete_steps_of
DELETE FROM steps WHERE event_id = ANY ($1::text[]);

-- name: delete_old_steps
-- Those whose event went with its day.
DELETE FROM steps AS s USING (
    SELECT event_id, run_id, key FROM steps AS o
    WHERE o.event_id < $1 AND NOT EXISTS (SELECT FROM events AS e WHERE e.event_id = o.event_id)
    ORDER BY event_id, run_id, key LIMIT $2 FOR UPDATE SKIP LOCKED
) AS gone
WHERE s.event_id = gone.event_id AND s.run_id = gone.run_id AND s.key = gone.key;
