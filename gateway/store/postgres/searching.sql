-- name: holding
SELECT e.*, NULL::bytea AS body FROM events AS e
WHERE ($1::bigint IS NULL OR e.seq < $1) AND ($2::bigint IS NULL OR e.seq > $2)
    AND ($3::text IS NULL OR e.source = $3)
    AND ($4::text IS NULL OR e.name ~ $4)
    AND e.event_id >= coalesce($5::text, '')
    AND strpos(e.data, $6) > 0
ORDER BY e.seq DESC
LIMIT $7;
