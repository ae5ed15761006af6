-- name: lock_flows
SELECT lock_flow(subscription) FROM unnest($1::text[]) AS subscription;

-- name: flow_states
SELECT f.kind, f.key, f.state FROM unnest($2::text[], $3::text[]) AS asked (kind, key)
JOIN flow AS f ON f.subscription = $1 AND f.kind = asked.kind AND f.key = asked.key;

-- name: keep_states
INSERT INTO flow (subscription, kind, key, state, ends_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
ON CONFLICT (subscription, kind, key) DO UPDATE SET state = excluded.state, ends_at = excluded.ends_at;

-- name: forget_states
DELETE FROM flow WHERE (subscription, kind, key) IN (
    SELECT subscription, kind, key FROM flow WHERE ends_at <= $1 AND subscription = ANY ($2::text[])
    ORDER BY ends_at LIMIT 100
);

-- name: give_back
-- No attempt was made: its number is not used up.
UPDATE deliveries_pending AS d
SET attempts = d.attempts - 1, leased_until = NULL, leased_by = NULL, due_at = coalesce(b.due_at, d.due_at)
FROM unnest($1::text[], $2::int[], $3::bigint[]) AS b (delivery_id, number, due_at)
WHERE d.delivery_id = b.delivery_id AND d.attempts = b.number AND d.leased_by IS NOT NULL;

-- name: not_started
SELECT d.delivery_id, d.event_id, d.subscription, d.state, d.due_at, d.attempts, d.retries, d.created_at,
       d.leased_until, d.finished_at, d.replay_of, d.last_status, d.last_error, d.seq, d.order_key, d.waits, d.batch_id
FROM deliveries_pending AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.subscription = $1 AND least(d.retries, 1) = 0 AND d.leased_until IS NULL
    AND d.due_at <= $2 AND d.attempts = 0 AND greatest(e.ts, d.created_at) <= $2
ORDER BY d.due_at, d.seq
LIMIT $3;

-- name: not_finished
SELECT d.delivery_id, d.event_id, d.subscription, d.state, d.due_at, d.attempts, d.retries, d.created_at,
       d.leased_until, d.finished_at, d.replay_of, d.last_status, d.last_error, d.seq, d.order_key, d.waits, d.batch_id
FROM deliveries_pending AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.subscription = $1 AND d.leased_until IS NULL AND greatest(e.ts, d.created_at) <= $2
LIMIT $3;
