-- name: all_health
-- A breaker is open only while its subscription is paused: an older gateway may have resumed it.
SELECT h.subscription, h.failing_since, h.failing,
       CASE WHEN p.subscription IS NULL THEN NULL ELSE h.opened_at END,
       CASE WHEN p.subscription IS NULL THEN NULL ELSE h.probe_at END,
       CASE WHEN p.subscription IS NULL THEN NULL ELSE h.probing_until END
FROM subscription_health AS h LEFT JOIN paused AS p ON p.subscription = h.subscription
ORDER BY h.subscription;

-- name: tell_failing
INSERT INTO subscription_health (subscription, failing_since, failing) VALUES (:subscription, :now, :why)
ON CONFLICT (subscription) DO UPDATE SET failing_since = excluded.failing_since, failing = excluded.failing
WHERE failing_since IS NULL;

-- name: recovered
UPDATE subscription_health SET failing_since = NULL, failing = NULL
WHERE subscription = :subscription AND failing_since IS NOT NULL;

-- name: open_breaker
INSERT INTO subscription_health (subscription, opened_at, probe_at) VALUES (:subscription, :now, :probe_at)
ON CONFLICT (subscription) DO UPDATE SET
    opened_at = excluded.opened_at, probe_at = excluded.probe_at, probing_until = NULL;

-- name: begin_probe
UPDATE subscription_health SET probing_until = :until
WHERE subscription = :subscription AND opened_at IS NOT NULL AND probe_at <= :now
    AND (probing_until IS NULL OR probing_until <= :now)
    AND EXISTS (SELECT 1 FROM paused WHERE paused.subscription = :subscription);

-- name: end_probe
UPDATE subscription_health SET probing_until = NULL, probe_at = coalesce(:probe_at, probe_at)
WHERE subscription = :subscription AND opened_at IS NOT NULL;

-- name: forget_breaker
UPDATE subscription_health SET opened_at = NULL, probe_at = NULL, probing_until = NULL
WHERE subscription = :subscription AND opened_at IS NOT NULL;

-- name: forget_health
DELETE FROM subscription_health
WHERE subscription = :subscription AND failing_since IS NULL AND opened_at IS NULL;

-- name: take_over_pause
-- A person, or a 410, pauses what a breaker has paused: from then on it is not the breaker's.
UPDATE paused SET paused_at = :now, reason = :reason
WHERE subscription = :subscription AND EXISTS (
    SELECT 1 FROM subscription_health AS h WHERE h.subscription = :subscription AND h.opened_at IS NOT NULL
);

-- name: lift_pause
DELETE FROM paused WHERE subscription = :subscription RETURNING paused_at, reason;

-- name: put_pause_back
INSERT INTO paused (subscription, paused_at, reason) VALUES (:subscription, :paused_at, :reason);
