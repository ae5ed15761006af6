-- name: type_counts
-- Small columns only: they stand before the data, so that no overflow page is read.
WITH looked AS (
    SELECT seq, name, v, source, received_at, count(*) OVER named AS events,
        row_number() OVER (named ORDER BY seq DESC) AS place
    FROM events
    WHERE seq > (SELECT coalesce(max(seq), 0) FROM events) - :last AND (:name IS NULL OR name = :name)
    WINDOW named AS (PARTITION BY name)
)
SELECT seq, name, v, source, received_at, events, (
    SELECT received_at FROM events
    WHERE seq > (SELECT coalesce(max(seq), 0) FROM events) - :last ORDER BY seq LIMIT 1
) AS since
FROM looked WHERE place <= :newest ORDER BY name, place;

-- name: events_at
SELECT e.*, NULL AS body FROM json_each(:seqs) AS asked JOIN events AS e ON e.seq = asked.value
ORDER BY e.seq DESC;
