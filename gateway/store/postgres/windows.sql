-- name: lock_windows
-- One transaction at a time looks at the window of a key. They come sorted, so that two wait for each other in one
-- order only. Where there is none yet, its row is made, for the lock; it is no open window.
INSERT INTO windows AS w (subscription, key, delivery_id, event_id, opened_at, latest_at, due_at, events, size)
SELECT subscription, key, '', '', 0, 0, 0, 0, 0 FROM unnest($1::text[], $2::text[]) AS a (subscription, key)
ON CONFLICT (subscription, key) DO UPDATE SET due_at = w.due_at;

-- name: open_windows
-- Those whose delivery nobody has tried yet; nobody can until the transaction ends.
SELECT w.subscription, w.key, w.delivery_id, w.event_id, w.opened_at, w.latest_at, w.due_at, w.batch_id, w.events,
       w.size
FROM unnest($1::text[], $2::text[]) AS a (subscription, key)
JOIN windows AS w USING (subscription, key)
JOIN deliveries_pending AS d ON d.delivery_id = w.delivery_id
WHERE d.leased_by IS NULL AND d.attempts = 0
FOR UPDATE OF d;

-- name: insert_gathered
INSERT INTO deliveries_pending (delivery_id, event_id, subscription, due_at, created_at, order_key, order_at,
                                batch_id, leased_until)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[],
                     $8::text[], $9::bigint[]);

-- name: give_way
UPDATE deliveries AS d
SET state = 'cancelled', finished_at = g.now, last_error = g.reason, leased_until = NULL
FROM unnest($1::text[], $2::bigint[], $3::text[]) AS g (delivery_id, now, reason)
WHERE d.state = 'pending' AND d.delivery_id = g.delivery_id;

-- name: be_due
UPDATE deliveries_pending AS d SET due_at = b.due_at
FROM unnest($1::text[], $2::bigint[]) AS b (delivery_id, due_at)
WHERE d.delivery_id = b.delivery_id;

-- name: keep_windows
UPDATE windows AS w
SET delivery_id = k.delivery_id, event_id = k.event_id, opened_at = k.opened_at, latest_at = k.latest_at,
    due_at = k.due_at, batch_id = k.batch_id, events = k.events, size = k.size
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[],
            $9::int[], $10::bigint[])
    AS k (subscription, key, delivery_id, event_id, opened_at, latest_at, due_at, batch_id, events, size)
WHERE w.subscription = k.subscription AND w.key = k.key;

-- name: delete_ended_windows
DELETE FROM windows AS w USING (
    SELECT subscription, key FROM windows WHERE due_at <= coalesce($1, now_ms())
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
) AS ended
WHERE w.subscription = ended.subscription AND w.key = ended.key;

-- name: batch_of
SELECT batch_id FROM deliveries_pending WHERE delivery_id = $1;

-- name: others_of_batch
SELECT d.delivery_id, d.event_id, d.subscription, d.state, d.due_at, d.attempts, d.retries, d.created_at,
       d.leased_until, d.finished_at, d.replay_of, d.last_status, d.last_error, d.seq, d.order_key, d.waits, d.batch_id
FROM deliveries_pending AS d WHERE d.batch_id = $1 AND d.delivery_id <> $2;

-- name: settle_others
UPDATE deliveries AS d
SET state = s.state, due_at = s.due_at, attempts = s.number, retries = s.retries,
    leased_until = CASE WHEN s.state = 'pending' THEN d.leased_until END,
    finished_at = CASE WHEN s.state = 'pending' THEN NULL ELSE s.now END,
    last_status = s.status, last_error = s.error
FROM unnest($1::text[], $2::int[], $3::text[], $4::bigint[], $5::int[], $6::bigint[], $7::int[], $8::text[])
    AS s (delivery_id, number, state, due_at, retries, now, status, error)
WHERE d.state = 'pending' AND d.delivery_id = s.delivery_id
RETURNING d.delivery_id;
