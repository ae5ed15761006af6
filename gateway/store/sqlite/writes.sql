-- name: taken_keys
SELECT k.source, k.key, k.event_id, coalesce(k.id, k.key) AS id, k.digest, k.first_at, k.expires_at
FROM json_each(:keys) AS asked
JOIN dedupe_keys AS k ON k.source = asked.value ->> 0 AND k.key = asked.value ->> 1;

-- name: take_key
INSERT INTO dedupe_keys (source, key, event_id, id, digest, first_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source, key) DO UPDATE SET
    event_id = excluded.event_id,
    id = excluded.id,
    digest = excluded.digest,
    first_at = excluded.first_at,
    expires_at = excluded.expires_at;

-- name: insert_event
INSERT INTO events (event_id, id, name, source, ts, v, received_at, attributes, secret, remote_addr,
                    request_id, url, headers, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: insert_request
INSERT INTO requests (request_id, body) VALUES (?, ?) ON CONFLICT (request_id) DO NOTHING;

-- name: insert_delivery
INSERT INTO deliveries (delivery_id, event_id, subscription, due_at, created_at, order_key, order_at)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: prioritize
UPDATE deliveries SET priority = ? WHERE delivery_id = ?;

-- name: insert_verdict
INSERT INTO verdicts (event_id, subscription, reason, expression, saw, error, first_event_id)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: insert_duplicate
INSERT INTO duplicates (duplicate_id, event_id, id, name, source, received_at, gap, same_body, fields, reason,
                        secret, remote_addr, headers, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: event_data
SELECT data FROM events WHERE event_id = ?;

-- name: insert_rejection
INSERT INTO rejections (rejection_id, source, reason, detail, received_at, remote_addr, method, url, headers,
                        body_size, body_sha256, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: count_rejection
INSERT INTO rejection_counts (source, reason, count, first_at, last_at) VALUES (:source, :reason, 1, :at, :at)
ON CONFLICT (source, reason) DO UPDATE SET count = count + 1, last_at = excluded.last_at;

-- name: trim_rejections
DELETE FROM rejections WHERE source = :source AND seq <= (
    SELECT seq FROM rejections WHERE source = :source ORDER BY seq DESC LIMIT 1 OFFSET :keep
);

-- name: release_rejection
UPDATE rejections SET released_at = :now WHERE rejection_id = :rejection_id;

-- name: lease_due
-- Retries first, as many as may be, then what did not fail yet. Who is due has its place by time and priority, and
-- none is looked at whose place comes after `latest`.
WITH again AS MATERIALIZED (
    SELECT seq FROM deliveries
    WHERE subscription = :subscription AND min(retries, 1) = 1 AND state = 'pending' AND leased_until IS NULL
        AND due_at - priority <= :latest AND due_at <= :now
    ORDER BY due_at - priority, seq
    LIMIT :retries
), first AS MATERIALIZED (
    SELECT seq FROM deliveries
    WHERE subscription = :subscription AND min(retries, 1) = 0 AND state = 'pending' AND leased_until IS NULL
        AND due_at - priority <= :latest AND due_at <= :now
    ORDER BY due_at - priority, seq
    LIMIT :slots - (SELECT count(*) FROM again)
)
UPDATE deliveries
SET attempts = attempts + 1, leased_until = :now + :lease, leased_by = :owner
WHERE seq IN (SELECT seq FROM again UNION ALL SELECT seq FROM first)
    AND NOT EXISTS (SELECT 1 FROM paused WHERE paused.subscription = :subscription)
RETURNING seq, min(retries, 1);

-- name: due_in_order
-- Whether it is a delivery's turn: none of its key is under way, and none that is pending comes before it.
SELECT d.seq, d.order_key IS NULL OR (
    NOT EXISTS (
        SELECT 1 FROM deliveries AS o
        WHERE o.subscription = d.subscription AND o.order_key = d.order_key AND o.leased_by IS NOT NULL
    ) AND d.seq = (
        SELECT o.seq FROM deliveries AS o
        WHERE o.subscription = d.subscription AND o.order_key = d.order_key AND o.state = 'pending'
        ORDER BY o.order_at, o.seq LIMIT 1
    )
) AS next
FROM deliveries AS d
WHERE d.subscription = :subscription AND min(d.retries, 1) = :lane AND d.state = 'pending'
    AND d.leased_until IS NULL AND d.due_at - d.priority <= :latest AND d.due_at <= :now
    AND NOT EXISTS (SELECT 1 FROM paused WHERE paused.subscription = :subscription)
ORDER BY d.due_at - d.priority, d.seq
LIMIT :limit;

-- name: lease_these
UPDATE deliveries SET attempts = attempts + 1, leased_until = :now + :lease, leased_by = :owner
WHERE seq IN (SELECT value FROM json_each(:seqs));

-- name: hold_these
UPDATE deliveries SET leased_until = 9000000000000000 WHERE seq IN (SELECT value FROM json_each(:seqs));

-- name: next_due
SELECT due_at FROM deliveries
WHERE subscription = :subscription AND min(retries, 1) = :lane AND state = 'pending' AND leased_until IS NULL
    AND NOT EXISTS (SELECT 1 FROM paused WHERE paused.subscription = :subscription)
ORDER BY due_at - priority LIMIT 1;

-- name: leased_rows
SELECT d.delivery_id, d.event_id, d.subscription, d.state, d.due_at, d.attempts, d.retries, d.created_at,
       d.leased_until, d.finished_at, d.replay_of, d.last_status, d.last_error, d.seq, d.order_key, d.waits,
       e.id, e.name, e.source, e.data, e.ts, e.v, e.received_at, e.attributes, e.headers, r.body
FROM deliveries AS d
JOIN events AS e ON e.event_id = d.event_id
LEFT JOIN requests AS r ON r.request_id = e.request_id
WHERE d.seq IN (SELECT value FROM json_each(:seqs))
ORDER BY d.due_at - d.priority, d.seq;

-- name: expired_leases
SELECT seq FROM deliveries
WHERE leased_until IS NOT NULL AND leased_until <= :now AND state = 'pending'
ORDER BY leased_until
LIMIT :limit;

-- name: settle
UPDATE deliveries
SET state = :state, due_at = :due_at, retries = :retries, leased_until = NULL, leased_by = NULL,
    finished_at = CASE WHEN :state = 'pending' THEN NULL ELSE :now END,
    last_status = :status, last_error = :error, order_at = coalesce(:order_at, order_at)
WHERE delivery_id = :delivery_id AND attempts = :number AND state = 'pending' AND leased_by IS NOT NULL;

-- name: insert_attempt
INSERT INTO attempts (delivery_id, number, started_at, latency, status, error, response)
SELECT ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM deliveries WHERE delivery_id = ?)
ON CONFLICT (delivery_id, number) DO NOTHING;

-- name: owners
SELECT DISTINCT leased_by FROM deliveries WHERE leased_until IS NOT NULL AND leased_by IS NOT NULL;

-- name: disown
UPDATE deliveries SET leased_until = :now WHERE leased_by = :owner AND leased_until IS NOT NULL;

-- name: replay
INSERT INTO deliveries (delivery_id, event_id, subscription, due_at, created_at, replay_of, order_key, order_at,
                        priority)
SELECT :delivery_id, :event_id, :subscription, :due_at, :now, :replay_of,
       coalesce(:order_key, (
           SELECT order_key FROM deliveries WHERE delivery_id = :replay_of AND subscription = :subscription
       )), ts, coalesce((
           SELECT priority FROM deliveries WHERE delivery_id = :replay_of AND subscription = :subscription
       ), 0)
FROM events WHERE event_id = :event_id;

-- name: cancel
UPDATE deliveries
SET state = 'cancelled', finished_at = :now, leased_until = NULL, leased_by = NULL, attempts = attempts - :untried,
    last_error = coalesce(:reason, last_error)
WHERE delivery_id = :delivery_id AND state = 'pending';

-- name: pause
INSERT INTO paused (subscription, paused_at, reason) VALUES (:subscription, :now, :reason)
ON CONFLICT (subscription) DO NOTHING;

-- name: resume
DELETE FROM paused WHERE subscription = :subscription;

-- name: heartbeat
INSERT INTO heartbeat (id, at) VALUES (1, :now) ON CONFLICT (id) DO UPDATE SET at = excluded.at;

-- name: purgeable_events
SELECT event_id FROM events
WHERE event_id < :before
    AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.event_id = events.event_id AND d.state = 'pending')
    AND NOT EXISTS (SELECT 1 FROM waits AS w JOIN deliveries AS d ON d.delivery_id = w.delivery_id
                    WHERE w.async_id = events.event_id AND d.state = 'pending')
ORDER BY event_id
LIMIT :limit;

-- name: delete_attempts_of
DELETE FROM attempts WHERE delivery_id IN (
    SELECT delivery_id FROM deliveries WHERE event_id IN (SELECT value FROM json_each(:event_ids))
);

-- name: delete_deliveries_of
DELETE FROM deliveries WHERE event_id IN (SELECT value FROM json_each(:event_ids));

-- name: delete_verdicts_of
DELETE FROM verdicts WHERE event_id IN (SELECT value FROM json_each(:event_ids));

-- name: request_ids_of
SELECT DISTINCT request_id FROM events
WHERE event_id IN (SELECT value FROM json_each(:event_ids)) AND request_id IS NOT NULL;

-- name: delete_events
DELETE FROM events WHERE event_id IN (SELECT value FROM json_each(:event_ids));

-- name: delete_unused_requests
DELETE FROM requests WHERE request_id IN (SELECT value FROM json_each(:request_ids))
    AND request_id NOT IN (SELECT request_id FROM events WHERE request_id IN (SELECT value FROM json_each(:request_ids)));

-- name: delete_duplicates_of
DELETE FROM duplicates WHERE event_id IN (SELECT value FROM json_each(:event_ids));

-- name: delete_old_duplicates
DELETE FROM duplicates WHERE seq IN (
    SELECT seq FROM duplicates WHERE received_at < :before ORDER BY received_at LIMIT :limit
);

-- name: delete_old_rejections
DELETE FROM rejections WHERE seq IN (
    SELECT seq FROM rejections WHERE received_at < :before ORDER BY seq LIMIT :limit
);

-- name: delete_ended_keys
DELETE FROM dedupe_keys WHERE (source, key) IN (
    SELECT source, key FROM dedupe_keys WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit
);

-- name: told_of
SELECT s.event_id FROM deliveries AS d JOIN events AS s ON s.id = d.delivery_id AND s.source = 'gateway'
WHERE d.event_id = :event_id;

-- name: begin_backfill
INSERT INTO backfills (source, account, busy_until) VALUES (:source, :account, :until)
ON CONFLICT (source, account) DO UPDATE SET busy_until = excluded.busy_until WHERE busy_until <= :now
RETURNING cursor;

-- name: mark_backfill
UPDATE backfills SET cursor = :cursor, busy_until = :until WHERE source = :source AND account = :account;
