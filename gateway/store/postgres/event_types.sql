-- name: type_counts
SELECT name, count(*) AS events,
    count(*) FILTER (WHERE seq >= (SELECT seq FROM events WHERE event_id >= $2 ORDER BY event_id LIMIT 1)) AS last_hour,
    count(*) FILTER (WHERE seq >= (SELECT seq FROM events WHERE event_id >= $3 ORDER BY event_id LIMIT 1)) AS last_day
FROM events
WHERE $1::text IS NULL OR name = $1
GROUP BY name
ORDER BY name;

-- name: type_facts
SELECT v, source, received_at FROM events WHERE name = $1 ORDER BY seq DESC LIMIT $2;

-- name: newest_of_type
SELECT e.*, NULL::bytea AS body FROM events AS e WHERE e.name = $1 ORDER BY e.seq DESC LIMIT $2;
