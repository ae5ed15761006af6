-- name: open_windows
-- Those whose delivery nobody has tried yet.
SELECT w.subscription, w.key, w.delivery_id, w.event_id, w.opened_at, w.latest_at, w.due_at, w.batch_id, w.events,
       w.size
FROM json_each(:slots) AS asked
JOIN windows AS w ON w.subscription = asked.value ->> 0 AND w.key = asked.value ->> 1
JOIN deliveries AS d ON d.delivery_id = w.delivery_id
WHERE d.state = 'pending' AND d.leased_by IS NULL AND d.attempts = 0;

-- name: insert_gathered
INSERT INTO deliveries (delivery_id, event_id, subscription, due_at, created_at, order_key, order_at, batch_id,
                        leased_until)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: give_way
UPDATE deliveries SET state = 'cancelled', finished_at = :now, last_error = :reason, leased_until = NULL
WHERE delivery_id = :delivery_id AND state = 'pending';

-- name: be_due
UPDATE deliveries SET due_at = :due_at WHERE delivery_id = :delivery_id AND state = 'pending';

-- name: keep_window
INSERT INTO windows (subscription, key, delivery_id, event_id, opened_at, latest_at, due_at, batch_id, events, size)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (subscription, key) DO UPDATE SET
    delivery_id = excluded.delivery_id,
    event_id = excluded.event_id,
    opened_at = excluded.opened_at,
    latest_at = excluded.latest_at,
    due_at = excluded.due_at,
    batch_id = excluded.batch_id,
    events = excluded.events,
    size = excluded.size;

-- name: delete_ended_windows
DELETE FROM windows WHERE (subscription, key) IN (
    SELECT subscription, key FROM windows WHERE due_at <= :now ORDER BY due_at LIMIT :limit
);

-- name: others_of_batch
SELECT d.delivery_id, d.event_id, d.subscription, d.state, d.due_at, d.attempts, d.retries, d.created_at,
       d.leased_until, d.finished_at, d.replay_of, d.last_status, d.last_error, d.seq, d.order_key, d.waits, d.batch_id,
       e.id, e.name, e.source, e.data, e.ts, e.v, e.received_at, e.attributes, e.headers, r.body
FROM deliveries AS d
JOIN events AS e ON e.event_id = d.event_id
LEFT JOIN requests AS r ON r.request_id = e.request_id
WHERE d.batch_id = :batch_id AND d.delivery_id <> :delivery_id AND d.state = 'pending'
ORDER BY d.order_at, d.seq;

-- name: batch_of
SELECT batch_id FROM deliveries WHERE delivery_id = :delivery_id;

-- name: is_attempted
-- Whether an attempt can still be settled: then the rest of its batch can be as well.
SELECT EXISTS (
    SELECT 1 FROM deliveries
    WHERE delivery_id = :delivery_id AND attempts = :number AND state = 'pending' AND leased_by IS NOT NULL
);

-- name: settle_other
UPDATE deliveries
SET state = :state, due_at = :due_at, attempts = :number, retries = :retries,
    leased_until = CASE WHEN :state = 'pending' THEN leased_until END,
    finished_at = CASE WHEN :state = 'pending' THEN NULL ELSE :now END,
    last_status = :status, last_error = :error
WHERE delivery_id = :delivery_id AND state = 'pending';
