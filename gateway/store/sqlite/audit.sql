-- name: note
INSERT INTO audit (audit_id, at, who, scope, via, address, action, target, detail, outcome)
VALUES (:audit_id, :at, :who, :scope, :via, :address, :action, :target, :detail, :outcome);

-- name: entries
SELECT audit_id, at, who, scope, via, address, action, target, detail, outcome, seq FROM audit
WHERE (:who IS NULL OR who = :who)
    AND (:action IS NULL OR action = :action)
    AND (:since IS NULL OR at >= :since)
    AND seq < coalesce(:before, 9223372036854775807)
ORDER BY seq DESC
LIMIT :limit;

-- name: purge
DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE at < :before ORDER BY at LIMIT :limit);
