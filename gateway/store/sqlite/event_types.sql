-- name: first_since
SELECT seq FROM events WHERE event_id >= :id ORDER BY event_id LIMIT 1;

-- name: type_counts
SELECT name, count(*) AS events,
    count(*) FILTER (WHERE seq >= :hour) AS last_hour, count(*) FILTER (WHERE seq >= :day) AS last_day
FROM events INDEXED BY events_by_name
GROUP BY name
ORDER BY name;

-- name: type_count
SELECT name, count(*) AS events,
    count(*) FILTER (WHERE seq >= :hour) AS last_hour, count(*) FILTER (WHERE seq >= :day) AS last_day
FROM events INDEXED BY events_by_name
WHERE name = :name
GROUP BY name;

-- name: type_facts
-- The small columns only: they stand before the data.
SELECT v, source, received_at FROM events INDEXED BY events_by_name
WHERE name = :name ORDER BY seq DESC LIMIT :limit;

-- name: newest_of_type
SELECT e.*, NULL AS body FROM events AS e INDEXED BY events_by_name
WHERE e.name = :name ORDER BY e.seq DESC LIMIT :limit;
