-- name: keep_answer
INSERT INTO answers (delivery_id, number, status, headers, kept_at, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (delivery_id, number) DO NOTHING;

-- name: forget_answers
DELETE FROM answers WHERE kept_at < :before;

-- name: answer
SELECT delivery_id, number, status, headers, body, kept_at FROM answers
WHERE delivery_id = :id ORDER BY number DESC LIMIT 1;

-- name: awaited
SELECT d.event_id, d.subscription, d.delivery_id, d.state,
       d.attempts - (d.state = 'pending' AND d.leased_by IS NOT NULL) AS ended
FROM json_each(:pairs) AS asked
JOIN deliveries AS d ON d.event_id = asked.value ->> 0 AND d.subscription = asked.value ->> 1
ORDER BY d.seq;

-- name: watch_source
-- `gap` ms without a look mean that nobody could hear: the silence counts from now.
INSERT INTO source_watch (source, heard_at, counted_from, watched_at)
VALUES (:source, :heard_at, coalesce(:heard_at, :now), :now)
ON CONFLICT (source) DO UPDATE SET
    heard_at = max(coalesce(heard_at, 0), coalesce(excluded.heard_at, heard_at)),
    counted_from = CASE
        WHEN excluded.heard_at IS NOT NULL THEN max(counted_from, excluded.heard_at)
        WHEN watched_at < :now - :gap THEN :now
        ELSE counted_from
    END,
    silent_at = CASE WHEN excluded.heard_at IS NULL THEN silent_at END,
    watched_at = max(watched_at, :now)
RETURNING source, heard_at, counted_from, max(0, :now - counted_from) AS quiet_for, silent_at > 0 AS told;

-- name: tell_silent
UPDATE source_watch SET silent_at = :now
WHERE source = :source AND counted_from = :counted_from AND silent_at IS NULL;

-- name: silences
SELECT source, counted_from FROM source_watch WHERE silent_at IS NOT NULL ORDER BY source;

-- name: tell_rejected
INSERT INTO source_alarms (source, told_at) VALUES (:source, :now)
ON CONFLICT (source) DO UPDATE SET told_at = excluded.told_at WHERE told_at <= :now - :period;

-- name: has_accepted
-- What was read from the provider's API was proven by no secret, and is no webhook.
SELECT EXISTS (SELECT 1 FROM events WHERE event_id >= :since_id AND source = :source AND secret IS NOT NULL)
    OR EXISTS (SELECT 1 FROM duplicates WHERE received_at >= :since AND source = :source);
