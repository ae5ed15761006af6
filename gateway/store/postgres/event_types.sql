-- name: type_counts
WITH looked AS (
    SELECT seq, name, v, source, received_at, count(*) OVER named AS events,
        row_number() OVER (named ORDER BY seq DESC) AS place
    FROM events
    WHERE seq > (SELECT coalesce(max(seq), 0) FROM events) - $1 AND ($2::text IS NULL OR name = $2)
    WINDOW named AS (PARTITION BY name)
)
SELECT seq, name, v, source, received_at, events, (
    SELECT received_at FROM events
    WHERE seq > (SELECT coalesce(max(seq), 0) FROM events) - $1 ORDER BY seq LIMIT 1
) AS since
FROM looked WHERE place <= $3 ORDER BY name, place;

-- name: events_at
SELECT e.*, NULL::bytea AS body FROM events AS e WHERE e.seq = ANY($1::bigint[]) ORDER BY e.seq DESC;
