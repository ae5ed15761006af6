-- A newer release may have added columns: what is made into a record as a whole names its own.

-- name: begin_reading
BEGIN READ ONLY;
SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL statement_timeout = '30s';

-- name: event_by_event_id
SELECT e.*, (
    SELECT r.body FROM requests AS r WHERE r.moment = left(e.event_id, 10) AND r.request_id = e.request_id
) AS body
FROM events AS e WHERE e.event_id = $1;

-- name: event_by_id
SELECT e.*, (
    SELECT r.body FROM requests AS r WHERE r.moment = left(e.event_id, 10) AND r.request_id = e.request_id
) AS body
FROM events AS e WHERE left(e.id, 255) = left($1, 255) AND e.id = $1 ORDER BY e.seq DESC LIMIT 1;

-- name: events
SELECT e.*, NULL::bytea AS body FROM events AS e
WHERE ($1::text IS NULL OR e.source = $1)
    AND ($2::text IS NULL OR e.name ~ $2)
    AND e.event_id >= coalesce($3::text, '')
    AND ($4::bigint IS NULL OR e.seq < $4)
    AND ($5::bigint IS NULL OR e.seq > $5)
ORDER BY e.seq DESC
LIMIT $6;

-- name: duplicates
SELECT duplicate_id, event_id, id, name, source, received_at, gap, same_body, fields, reason, secret, remote_addr,
       headers, seq
FROM duplicates
WHERE ($1::text IS NULL OR source = $1)
    AND ($2::text IS NULL OR name ~ $2)
    AND ($3::bigint IS NULL OR received_at >= $3)
    AND ($4::bigint IS NULL OR seq < $4)
    AND ($5::bigint IS NULL OR seq > $5)
ORDER BY seq DESC
LIMIT $6;

-- name: duplicates_of
SELECT duplicate_id, event_id, id, name, source, received_at, gap, same_body, fields, reason, secret, remote_addr,
       headers, seq, data
FROM duplicates
WHERE event_id = $1 AND ($2::bigint IS NULL OR seq < $2)
ORDER BY seq DESC
LIMIT $3;

-- name: rejections
SELECT rejection_id, source, reason, detail, received_at, remote_addr, method, url, headers, body_size, body_sha256,
       body, released_at, seq
FROM rejections
WHERE ($1::text IS NULL OR source = $1)
    AND ($2::bigint IS NULL OR received_at >= $2)
    AND ($3::bigint IS NULL OR seq < $3)
    AND (NOT $4 OR (body IS NOT NULL AND released_at IS NULL))
ORDER BY seq DESC
LIMIT $5;

-- name: rejection_counts
SELECT source, reason, count, first_at, last_at FROM rejection_counts ORDER BY source, reason;

-- name: deliveries
SELECT d.*, e.id, e.name, e.source, CASE WHEN d.waits > 0 THEN (
    SELECT json_agg(w ORDER BY w.seq)::text FROM waits AS w WHERE w.delivery_id = d.delivery_id
) END AS waited
FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE ($1::text IS NULL OR e.source = $1)
    AND ($2::text IS NULL OR e.name ~ $2)
    AND ($3::bigint IS NULL OR coalesce(d.finished_at, d.created_at) >= $3)
    AND ($4::text IS NULL OR d.state = $4)
    AND ($5::text IS NULL OR d.subscription = $5)
    AND ($6::bigint IS NULL OR d.seq < $6)
    AND ($7::bigint IS NULL OR d.seq > $7)
ORDER BY d.seq DESC
LIMIT $8;

-- name: deliveries_of
SELECT d.*, e.id, e.name, e.source, CASE WHEN d.waits > 0 THEN (
    SELECT json_agg(w ORDER BY w.seq)::text FROM waits AS w WHERE w.delivery_id = d.delivery_id
) END AS waited
FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.event_id = $1
    AND ($2::text IS NULL OR d.state = $2)
    AND ($3::text IS NULL OR d.subscription = $3)
    AND ($4::bigint IS NULL OR d.seq < $4)
ORDER BY d.seq DESC
LIMIT $5;

-- name: delivery
SELECT d.*, e.id, e.name, e.source, CASE WHEN d.waits > 0 THEN (
    SELECT json_agg(w ORDER BY w.seq)::text FROM waits AS w WHERE w.delivery_id = d.delivery_id
) END AS waited
FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.delivery_id = $1;

-- name: attempts
SELECT delivery_id, number, started_at, latency, status, error, response FROM attempts
WHERE event_id = (SELECT d.event_id FROM deliveries AS d WHERE d.delivery_id = $1 LIMIT 1) AND delivery_id = $1
ORDER BY number;

-- name: paused
SELECT p.subscription, p.paused_at, p.reason,
       (SELECT count(*) FROM deliveries_pending AS d
        WHERE d.subscription = p.subscription AND d.leased_until IS NULL)
       + (SELECT count(*) FROM deliveries_pending AS d
          WHERE d.leased_until IN (8000000000000000, 9000000000000000) AND d.subscription = p.subscription) AS waiting
FROM paused AS p ORDER BY p.subscription;

-- name: waiting
SELECT subscription, count(*) FROM deliveries_pending
WHERE leased_until IS NULL OR leased_until IN (8000000000000000, 9000000000000000)
GROUP BY subscription;

-- name: verdicts
SELECT event_id, subscription, reason, expression, saw, error, first_event_id FROM verdicts
WHERE event_id = $1 ORDER BY subscription;

-- name: verdict_counts
SELECT a.subscription AS asked, (
    SELECT count(*) FROM verdicts AS v WHERE v.subscription = a.subscription AND v.error IS NOT NULL
) AS errors, last.*
FROM unnest($1::text[]) WITH ORDINALITY AS a (subscription, place)
LEFT JOIN LATERAL (
    SELECT v.event_id, v.subscription, v.reason, v.expression, v.saw, v.error, v.first_event_id
    FROM verdicts AS v
    WHERE v.subscription = a.subscription ORDER BY v.event_id DESC LIMIT 1
) AS last ON true
ORDER BY a.place;

-- name: backlog
-- What is held for an earlier one of its key, or parked for another event, waits too.
SELECT d.subscription, count(*), count(*) FILTER (WHERE d.due_at <= n.now),
       greatest(0, n.now - min(greatest(d.due_at, d.created_at)))
FROM (SELECT coalesce($1::bigint, now_ms()) AS now) AS n, deliveries_pending AS d
WHERE d.leased_until IS NULL OR d.leased_until IN (8000000000000000, 9000000000000000)
GROUP BY d.subscription, n.now;

-- name: known
SELECT key FROM dedupe_keys WHERE source = $1 AND key = ANY($2::text[])
UNION
SELECT id FROM events WHERE left(id, 255) = ANY($2::text[]) AND source = $1;

-- name: marks
-- Ids are times: each kind has an index of them, and one look into it is enough.
SELECT
    coalesce((SELECT r.seq FROM events AS r WHERE r.event_id >= t.id ORDER BY r.event_id LIMIT 1),
             (SELECT coalesce(max(r.seq), 0) + 1 FROM events AS r)) AS events,
    coalesce((SELECT r.seq FROM duplicates AS r WHERE r.duplicate_id >= t.id ORDER BY r.duplicate_id LIMIT 1),
             (SELECT coalesce(max(r.seq), 0) + 1 FROM duplicates AS r)) AS duplicates,
    coalesce((SELECT r.seq FROM rejections AS r WHERE r.rejection_id >= t.id ORDER BY r.rejection_id LIMIT 1),
             (SELECT coalesce(max(r.seq), 0) + 1 FROM rejections AS r)) AS rejections,
    coalesce((SELECT r.seq FROM deliveries AS r WHERE r.delivery_id >= t.id ORDER BY r.delivery_id LIMIT 1),
             (SELECT coalesce(max(r.seq), 0) + 1 FROM deliveries AS r)) AS deliveries
FROM unnest($1::text[]) WITH ORDINALITY AS t(id, place)
ORDER BY t.place;

-- name: dead_letters
SELECT (finished_at - $1::bigint) / $2::bigint AS span, count(*) AS dead
FROM deliveries_finished
WHERE state = 'dead' AND finished_at >= $1
GROUP BY span;

-- name: last_seen
SELECT s.name, (SELECT e.received_at FROM events AS e WHERE e.source = s.name ORDER BY e.seq DESC LIMIT 1) AS at
FROM unnest($1::text[]) AS s(name);
