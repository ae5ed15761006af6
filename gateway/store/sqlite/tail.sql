-- name: head_of_events
SELECT coalesce(max(seq), 0) FROM events;

-- name: head_of_duplicates
SELECT coalesce(max(seq), 0) FROM duplicates;

-- name: head_of_rejections
SELECT coalesce(max(seq), 0) FROM rejections;

-- name: head_of_deliveries
SELECT coalesce(max(seq), 0) FROM deliveries;

-- name: events
SELECT e.*, r.body FROM events AS e LEFT JOIN requests AS r ON r.request_id = e.request_id
WHERE e.seq > :after AND e.seq <= :upto
    AND (:source IS NULL OR e.source = :source)
    AND (:name IS NULL OR name_matches(:name, e.name))
ORDER BY e.seq
LIMIT :limit;

-- name: duplicates
SELECT duplicate_id, event_id, id, name, source, received_at, gap, same_body, fields, reason, secret, remote_addr,
       headers, seq
FROM duplicates
WHERE seq > :after AND seq <= :upto
    AND (:source IS NULL OR source = :source)
    AND (:name IS NULL OR name_matches(:name, name))
ORDER BY seq
LIMIT :limit;

-- name: rejections
SELECT * FROM rejections
WHERE seq > :after AND seq <= :upto AND (:source IS NULL OR source = :source)
ORDER BY seq
LIMIT :limit;

-- name: deliveries
SELECT d.*, e.id, e.name, e.source FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.seq > :after AND d.seq <= :upto
    AND (:source IS NULL OR e.source = :source)
    AND (:name IS NULL OR name_matches(:name, e.name))
ORDER BY d.seq
LIMIT :limit;

-- name: ended
SELECT d.*, e.id, e.name, e.source FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.seq IN (SELECT value FROM json_each(:places)) AND d.state <> 'pending'
ORDER BY d.finished_at, d.seq;

-- name: forget_listeners
DELETE FROM listeners WHERE seen_at < :gone;

-- name: forget_handed
DELETE FROM handed WHERE listener NOT IN (SELECT name FROM listeners);

-- name: attend
INSERT INTO listeners (name, who, "to", seen_at)
SELECT :name, :who, :to, :seen_at
WHERE (SELECT count(*) FROM listeners) < :most OR EXISTS (SELECT 1 FROM listeners WHERE name = :name)
ON CONFLICT (name) DO UPDATE SET who = excluded.who, "to" = excluded."to", seen_at = excluded.seen_at;

-- name: listeners
SELECT name, who, "to", seen_at FROM listeners WHERE seen_at >= :since ORDER BY name;

-- name: count_handed
UPDATE listeners SET handed = handed + 1 WHERE name = :listener RETURNING handed;

-- name: hand
INSERT INTO handed (listener, number, event_id) VALUES (:listener, :number, :event_id);

-- name: handed
SELECT h.number, e.*, r.body
FROM handed AS h JOIN events AS e ON e.event_id = h.event_id
LEFT JOIN requests AS r ON r.request_id = e.request_id
WHERE h.listener = :listener AND h.number > :after
ORDER BY h.number
LIMIT :limit;

-- name: last_handed
SELECT coalesce(max(handed), 0) FROM listeners WHERE name = :listener;
