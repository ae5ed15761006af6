-- name: elected
SELECT pg_try_advisory_xact_lock(hashtext('gateway.housekeeper'), hashtext(current_schema));

-- name: hurry
-- Whoever comes later, ingest too, queues behind a lock that is waited for.
SET LOCAL lock_timeout = '200ms';

-- name: lock_events
LOCK TABLE ONLY events IN ACCESS EXCLUSIVE MODE;

-- name: days
SELECT substr(c.relname::text, 8) FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'events'::regclass ORDER BY 1;

-- name: add_day
SELECT add_day($1, $2, $3);

-- name: drop_day
SELECT drop_day($1, $2);

-- name: count_day
SELECT count_day($1);

-- name: day_is_pending
SELECT EXISTS (SELECT FROM deliveries_pending WHERE event_id >= $1 AND event_id < $2)
    OR EXISTS (SELECT FROM waits AS w JOIN deliveries_pending AS d USING (delivery_id)
               WHERE w.async_id >= $1 AND w.async_id < $2);

-- name: purgeable_events
SELECT e.event_id FROM events AS e
WHERE e.event_id >= $1 AND e.event_id < $2
    AND NOT EXISTS (SELECT FROM deliveries_pending AS d WHERE d.event_id = e.event_id)
    AND NOT EXISTS (SELECT FROM waits AS w JOIN deliveries_pending AS d USING (delivery_id)
                    WHERE w.async_id = e.event_id)
ORDER BY e.event_id
LIMIT $3;

-- name: purgeable
SELECT
    (SELECT count(*) FROM events AS e
     WHERE e.event_id < $1
         AND NOT EXISTS (SELECT FROM deliveries_pending AS d WHERE d.event_id = e.event_id)
         AND NOT EXISTS (SELECT FROM waits AS w JOIN deliveries_pending AS d USING (delivery_id)
                         WHERE w.async_id = e.event_id)),
    (SELECT count(*) FROM duplicates WHERE received_at < $2),
    (SELECT count(*) FROM rejections WHERE received_at < $3),
    (SELECT count(*) FROM dedupe_keys WHERE expires_at <= coalesce($4, now_ms())),
    (SELECT count(*) FROM windows WHERE due_at <= coalesce($4, now_ms()));

-- name: delete_attempts_of
DELETE FROM attempts WHERE event_id = ANY ($1::text[]);

-- name: delete_deliveries_of
DELETE FROM deliveries WHERE event_id = ANY ($1::text[]);

-- name: delete_verdicts_of
DELETE FROM verdicts WHERE event_id = ANY ($1::text[]);

-- name: request_ids_of
SELECT DISTINCT left(event_id, 10) AS moment, request_id FROM events
WHERE event_id = ANY ($1::text[]) AND request_id IS NOT NULL;

-- name: delete_events
DELETE FROM events WHERE event_id = ANY ($1::text[]);

-- name: delete_unused_requests
DELETE FROM requests AS r USING unnest($1::text[], $2::text[]) AS a (moment, request_id)
WHERE r.moment = a.moment AND r.request_id = a.request_id AND NOT EXISTS (
    SELECT FROM events AS e
    WHERE e.event_id >= a.moment AND e.event_id < a.moment || 'Z' AND e.request_id = a.request_id
);

-- name: delete_duplicates_of
DELETE FROM duplicates WHERE event_id = ANY ($1::text[]);

-- name: delete_old_duplicates
DELETE FROM duplicates WHERE seq IN (
    SELECT seq FROM duplicates WHERE received_at < $1 ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED
);

-- name: delete_old_rejections
DELETE FROM rejections WHERE seq IN (
    SELECT seq FROM rejections WHERE received_at < $1 ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED
);

-- name: delete_ended_keys
DELETE FROM dedupe_keys AS k USING (
    SELECT source, key FROM dedupe_keys WHERE expires_at <= coalesce($1, now_ms())
    ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
) AS ended
WHERE k.source = ended.source AND k.key = ended.key;

-- name: told_of
SELECT s.event_id FROM deliveries AS d JOIN events AS s ON left(s.id, 255) = d.delivery_id AND s.source = 'gateway'
WHERE d.event_id = $1;
