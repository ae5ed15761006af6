-- name: is_held
SELECT EXISTS (
    SELECT 1 FROM deliveries
    WHERE delivery_id = :run_id AND state = 'pending' AND attempts = :attempt AND leased_by IS NOT NULL
);

-- name: step
SELECT result FROM steps WHERE event_id = :event_id AND run_id = :run_id AND key = :key;

-- name: steps_of
SELECT event_id, run_id, key, result, kept_at FROM steps
WHERE event_id = :event_id AND run_id = :run_id ORDER BY kept_at, rowid;

-- name: keep_step
INSERT INTO steps (event_id, run_id, key, kept_at, result) VALUES (:event_id, :run_id, :key, :now, :result);

-- name: delete_steps_of
DELETE FROM steps WHERE event_id IN (SELECT value FROM json_each(:event_ids));
