-- name: note
INSERT INTO audit (audit_id, at, who, scope, via, address, action, target, detail, outcome)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: entries
SELECT audit_id, at, who, scope, via, address, action, target, detail, outcome, seq FROM audit
WHERE ($1::text IS NULL OR who = $1)
    AND ($2::text IS NULL OR action = $2)
    AND ($3::bigint IS NULL OR at >= $3)
    AND ($4::bigint IS NULL OR seq < $4)
ORDER BY seq DESC
LIMIT $5;

-- name: purge_audit
DELETE FROM audit WHERE seq IN (
    SELECT seq FROM audit WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED
);
