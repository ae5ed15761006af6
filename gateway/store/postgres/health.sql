-- name: all_health
-- A breaker is open only while its subscription is paused: an older node may have resumed it.
SELECT h.subscription, h.failing_since, h.failing,
       CASE WHEN p.subscription IS NULL THEN NULL ELSE h.opened_at END AS opened_at,
       CASE WHEN p.subscription IS NULL THEN NULL ELSE h.probe_at END AS probe_at,
       CASE WHEN p.subscription IS NULL THEN NULL ELSE h.probing_until END AS probing_until
FROM subscription_health AS h LEFT JOIN paused AS p ON p.subscription = h.subscription
ORDER BY h.subscription;

-- name: tell_failing
INSERT INTO subscription_health AS h (subscription, failing_since, failing) VALUES ($1, $2, $3)
ON CONFLICT (subscription) DO UPDATE SET failing_since = excluded.failing_since, failing = excluded.failing
WHERE h.failing_since IS NULL;

-- name: recovered
UPDATE subscription_health SET failing_since = NULL, failing = NULL
WHERE subscription = $1 AND failing_since IS NOT NULL;

-- name: open_breaker
-- The time of the next probe goes by the database's clock where `shift` ($4) says so.
INSERT INTO subscription_health (subscription, opened_at, probe_at)
VALUES ($1, $2, CASE WHEN $4 THEN now_ms() + $3 - $2 ELSE $3 END)
ON CONFLICT (subscription) DO UPDATE SET
    opened_at = excluded.opened_at, probe_at = excluded.probe_at, probing_until = NULL;

-- name: begin_probe
UPDATE subscription_health SET probing_until = coalesce($2, now_ms()) + $3
WHERE subscription = $1 AND opened_at IS NOT NULL AND probe_at <= coalesce($2, now_ms())
    AND (probing_until IS NULL OR probing_until <= coalesce($2, now_ms()))
    AND EXISTS (SELECT FROM paused AS p WHERE p.subscription = $1);

-- name: end_probe
UPDATE subscription_health
SET probing_until = NULL,
    probe_at = CASE WHEN $2::bigint IS NULL THEN probe_at WHEN $4 THEN now_ms() + $2 - $3 ELSE $2 END
WHERE subscription = $1 AND opened_at IS NOT NULL;

-- name: forget_breaker
UPDATE subscription_health SET opened_at = NULL, probe_at = NULL, probing_until = NULL
WHERE subscription = $1 AND opened_at IS NOT NULL;

-- name: forget_health
DELETE FROM subscription_health WHERE subscription = $1 AND failing_since IS NULL AND opened_at IS NULL;

-- name: take_over_pause
-- A person, or a 410, pauses what a breaker has paused: from then on it is not the breaker's.
UPDATE paused SET paused_at = $2, reason = $3
WHERE subscription = $1 AND EXISTS (
    SELECT FROM subscription_health AS h WHERE h.subscription = $1 AND h.opened_at IS NOT NULL
);

-- name: lock_pauses
-- Until the end of the transaction nobody pauses or resumes; claims go on.
LOCK TABLE paused IN SHARE ROW EXCLUSIVE MODE;

-- name: lift_pause
DELETE FROM paused WHERE subscription = $1 RETURNING paused_at, reason;

-- name: put_pause_back
INSERT INTO paused (subscription, paused_at, reason) VALUES ($1, $2, $3);
