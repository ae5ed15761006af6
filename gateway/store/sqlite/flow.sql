-- name: flow_states
SELECT f.kind, f.key, f.state FROM json_each(:keys) AS asked
JOIN flow AS f ON f.subscription = :subscription AND f.kind = asked.value ->> 0 AND f.key = asked.value ->> 1;

-- name: keep_state
INSERT INTO flow (subscription, kind, key, state, ends_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (subscription, kind, key) DO UPDATE SET state = excluded.state, ends_at = excluded.ends_at;

-- name: forget_states
DELETE FROM flow WHERE (subscription, kind, key) IN (
    SELECT subscription, kind, key FROM flow WHERE ends_at <= :now ORDER BY ends_at LIMIT 100
);

-- name: give_back
-- No attempt was made: its number is not used up.
UPDATE deliveries
SET attempts = attempts - 1, leased_until = NULL, leased_by = NULL, due_at = coalesce(:due_at, due_at)
WHERE delivery_id = :delivery_id AND attempts = :number AND state = 'pending' AND leased_by IS NOT NULL;

-- name: not_started
SELECT d.seq FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.subscription = :subscription AND min(d.retries, 1) = 0 AND d.state = 'pending' AND d.leased_until IS NULL
    AND d.due_at <= :before AND d.attempts = 0 AND max(e.ts, d.created_at) <= :before
ORDER BY d.due_at, d.seq
LIMIT :limit;

-- name: not_finished
SELECT d.seq FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.subscription = :subscription AND d.state = 'pending' AND d.leased_until IS NULL
    AND max(e.ts, d.created_at) <= :before
LIMIT :limit;
