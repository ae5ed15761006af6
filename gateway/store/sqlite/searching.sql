-- name: holding
SELECT e.*, NULL AS body FROM events AS e
WHERE e.seq < coalesce(:before, 9223372036854775807) AND e.seq > coalesce(:after, -1)
    AND (:source IS NULL OR e.source = :source)
    AND (:name IS NULL OR name_matches(:name, e.name))
    AND (:since IS NULL OR e.event_id >= :since)
    AND instr(e.data, :text) > 0
ORDER BY e.seq DESC
LIMIT :limit;
