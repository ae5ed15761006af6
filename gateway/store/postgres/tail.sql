-- name: running_since
-- Since when the oldest transaction of a gateway runs that is not over (Unix µs); NULL: none runs. Whoever
-- took a place and has not committed is one of them.
SELECT (extract(epoch FROM min(xact_start)) * 1000000)::bigint FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'gateway' AND pid <> pg_backend_pid();

-- name: places_of_events
SELECT seq, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now
FROM events WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: places_of_duplicates
SELECT seq, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now
FROM duplicates WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: places_of_rejections
SELECT seq, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now
FROM rejections WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: places_of_deliveries
SELECT seq, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now
FROM deliveries WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: last_place_of_events
SELECT coalesce(max(seq), 0) FROM events;

-- name: last_place_of_duplicates
SELECT coalesce(max(seq), 0) FROM duplicates;

-- name: last_place_of_rejections
SELECT coalesce(max(seq), 0) FROM rejections;

-- name: last_place_of_deliveries
SELECT coalesce(max(seq), 0) FROM deliveries;

-- name: tail_events
SELECT e.*, (
    SELECT r.body FROM requests AS r WHERE r.moment = left(e.event_id, 10) AND r.request_id = e.request_id
) AS body
FROM events AS e
WHERE e.seq > $1 AND e.seq <= $2
    AND ($3::text IS NULL OR e.source = $3)
    AND ($4::text IS NULL OR e.name ~ $4)
ORDER BY e.seq
LIMIT $5;

-- name: tail_duplicates
SELECT duplicate_id, event_id, id, name, source, received_at, gap, same_body, fields, reason, secret, remote_addr,
       headers, seq
FROM duplicates
WHERE seq > $1 AND seq <= $2
    AND ($3::text IS NULL OR source = $3)
    AND ($4::text IS NULL OR name ~ $4)
ORDER BY seq
LIMIT $5;

-- name: tail_rejections
SELECT rejection_id, source, reason, detail, received_at, remote_addr, method, url, headers, body_size, body_sha256,
       body, released_at, seq
FROM rejections
WHERE seq > $1 AND seq <= $2 AND ($3::text IS NULL OR source = $3)
ORDER BY seq
LIMIT $4;

-- name: tail_deliveries
SELECT d.*, e.id, e.name, e.source FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.seq > $1 AND d.seq <= $2
    AND ($3::text IS NULL OR e.source = $3)
    AND ($4::text IS NULL OR e.name ~ $4)
ORDER BY d.seq
LIMIT $5;

-- name: tail_ended
SELECT d.*, e.id, e.name, e.source FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.seq = ANY ($1::bigint[]) AND d.state <> 'pending'
ORDER BY d.finished_at, d.seq;

-- name: forget_listeners
DELETE FROM listeners WHERE seen_at < $1;

-- name: forget_handed
DELETE FROM handed WHERE listener NOT IN (SELECT name FROM listeners);

-- name: attend
INSERT INTO listeners (name, who, "to", seen_at)
SELECT $1::text, $2::text, $3::text, $4::bigint
WHERE (SELECT count(*) FROM listeners) < $5 OR EXISTS (SELECT FROM listeners WHERE name = $1)
ON CONFLICT (name) DO UPDATE SET who = excluded.who, "to" = excluded."to", seen_at = excluded.seen_at;

-- name: listeners
SELECT name, who, "to", seen_at FROM listeners WHERE seen_at >= $1 ORDER BY name;

-- name: count_handed
-- Whoever hands next waits here, so the numbers are in the order of the commits.
UPDATE listeners SET handed = handed + 1 WHERE name = $1 RETURNING handed;

-- name: hand
INSERT INTO handed (listener, number, event_id) VALUES ($1, $2, $3);

-- name: handed
SELECT h.number, e.*, (
    SELECT r.body FROM requests AS r WHERE r.moment = left(e.event_id, 10) AND r.request_id = e.request_id
) AS body
FROM handed AS h JOIN events AS e ON e.event_id = h.event_id
WHERE h.listener = $1 AND h.number > $2
ORDER BY h.number
LIMIT $3;

-- name: last_handed
SELECT coalesce(max(handed), 0) FROM listeners WHERE name = $1;
