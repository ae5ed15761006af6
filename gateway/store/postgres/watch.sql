-- name: keep_answers
INSERT INTO answers (delivery_id, number, status, headers, kept_at, body)
SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::bigint[], $6::bytea[])
ON CONFLICT (delivery_id, number) DO NOTHING;

-- name: forget_answers
DELETE FROM answers WHERE kept_at < $1;

-- name: answer
SELECT delivery_id, number, status, headers, body, kept_at FROM answers
WHERE delivery_id = $1 ORDER BY number DESC LIMIT 1;

-- name: awaited
SELECT d.event_id, d.subscription, d.delivery_id, d.state,
       d.attempts - (d.state = 'pending' AND d.leased_by IS NOT NULL)::int AS ended
FROM deliveries AS d
WHERE d.event_id = ANY ($1::text[])
    AND EXISTS (SELECT FROM unnest($1::text[], $2::text[]) AS a (event_id, subscription)
                WHERE a.event_id = d.event_id AND a.subscription = d.subscription)
ORDER BY d.seq;

-- name: watch_sources
-- By the database's clock where nodes have their own: what was heard so many ms ago. `gap` ($4) ms without a look
-- mean that nobody could hear: the silence counts from now.
WITH asked AS (
    SELECT a.source, a.heard_ago, coalesce($3, now_ms()) AS now
    FROM unnest($1::text[], $2::bigint[]) AS a (source, heard_ago)
)
INSERT INTO source_watch AS s (source, heard_at, counted_from, watched_at)
SELECT source, now - heard_ago, now - coalesce(heard_ago, 0), now FROM asked ORDER BY source
ON CONFLICT (source) DO UPDATE SET
    heard_at = greatest(s.heard_at, excluded.heard_at),
    counted_from = CASE
        WHEN excluded.heard_at IS NOT NULL THEN greatest(s.counted_from, excluded.heard_at)
        WHEN s.watched_at < excluded.watched_at - $4 THEN excluded.watched_at
        ELSE s.counted_from
    END,
    silent_at = CASE WHEN excluded.heard_at IS NULL THEN s.silent_at END,
    watched_at = greatest(s.watched_at, excluded.watched_at)
RETURNING source, heard_at, counted_from, greatest(0, coalesce($3, now_ms()) - counted_from) AS quiet_for,
          silent_at IS NOT NULL AS told;

-- name: tell_silent
UPDATE source_watch SET silent_at = coalesce($3, now_ms())
WHERE source = $1 AND counted_from = $2 AND silent_at IS NULL;

-- name: silences
SELECT source, counted_from FROM source_watch WHERE silent_at IS NOT NULL ORDER BY source;

-- name: tell_rejected
INSERT INTO source_alarms AS s (source, told_at) VALUES ($1, coalesce($3, now_ms()))
ON CONFLICT (source) DO UPDATE SET told_at = excluded.told_at WHERE s.told_at <= excluded.told_at - $2::bigint;

-- name: has_accepted
-- What was read from the provider's API was proven by no secret, and is no webhook.
SELECT EXISTS (SELECT FROM events WHERE event_id >= $1 AND source = $3 AND secret IS NOT NULL)
    OR EXISTS (SELECT FROM duplicates WHERE received_at >= $2 AND source = $3);
