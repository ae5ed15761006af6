-- name: open_wait
INSERT INTO waits (delivery_id, step, event_id, subscription, is_pattern, topic, patterns, match, path, key, ends,
                   opened_at, until, opened_after)
SELECT :delivery_id, :step, d.event_id, d.subscription, :is_pattern, :topic, :patterns, :match, :path, :key, :ends,
       :opened_at, :until,
       CASE WHEN :from_now THEN (SELECT coalesce(max(seq), 0) FROM events) END
FROM deliveries AS d WHERE d.delivery_id = :delivery_id
ON CONFLICT (delivery_id, step) DO NOTHING;

-- name: count_waits
UPDATE deliveries SET waits = waits + :opened WHERE delivery_id = :delivery_id;

-- name: park
-- Unless one of its waits has been resolved since the worker looked (`seen`).
UPDATE deliveries
SET leased_until = 8000000000000000,
    due_at = coalesce((SELECT min(until) FROM waits AS w
                       WHERE w.delivery_id = :delivery_id AND w.state = 'open'), due_at)
WHERE delivery_id = :delivery_id AND state = 'pending' AND leased_by IS NULL AND waits = :seen
    AND EXISTS (SELECT 1 FROM waits AS w WHERE w.delivery_id = :delivery_id AND w.state = 'open' AND NOT w.ends);

-- name: inherit_outcomes
-- A replay goes on with what came of the waits of the last delivery before it.
INSERT INTO waits (delivery_id, step, event_id, subscription, is_pattern, topic, patterns, match, path, key, ends,
                   state, opened_after, opened_at, until, resolved_at, async_id)
SELECT :delivery_id, w.step, w.event_id, w.subscription, w.is_pattern, w.topic, w.patterns, w.match, w.path, w.key,
       w.ends, w.state, w.opened_after, w.opened_at, w.until, w.resolved_at, w.async_id
FROM waits AS w
WHERE w.event_id = :event_id AND w.subscription = :subscription AND w.step = :step
    AND w.state <> 'open' AND NOT w.ends
ORDER BY w.seq DESC LIMIT 1;

-- name: any_open
SELECT EXISTS (SELECT 1 FROM waits WHERE state = 'open');

-- name: awaited_names
SELECT value FROM json_each(:names) AS asked
WHERE EXISTS (SELECT 1 FROM waits WHERE state = 'open' AND is_pattern = 0 AND topic = asked.value);

-- name: awaited_patterns
-- The different ones, by one look into the index for each.
WITH RECURSIVE found (topic) AS (
    SELECT min(topic) FROM waits WHERE state = 'open' AND is_pattern = 1
    UNION ALL
    SELECT (SELECT min(w.topic) FROM waits AS w
            WHERE w.state = 'open' AND w.is_pattern = 1 AND w.topic > found.topic)
    FROM found WHERE found.topic IS NOT NULL
)
SELECT topic FROM found WHERE topic IS NOT NULL;

-- name: note_arrivals
INSERT INTO arrivals (seq, event_id, name, received_at)
SELECT seq, event_id, name, received_at FROM events WHERE event_id IN (SELECT value FROM json_each(:event_ids));

-- name: first_arrival
SELECT a.seq AS arrival, a.cursor, e.* FROM arrivals AS a LEFT JOIN events AS e ON e.event_id = a.event_id
ORDER BY a.seq LIMIT 1;

-- name: awaited_paths
WITH RECURSIVE found (path) AS (
    SELECT min(path) FROM waits WHERE state = 'open' AND is_pattern = :is_pattern AND topic = :topic
    UNION ALL
    SELECT (SELECT min(w.path) FROM waits AS w
            WHERE w.state = 'open' AND w.is_pattern = :is_pattern AND w.topic = :topic AND w.path > found.path)
    FROM found WHERE found.path IS NOT NULL
)
SELECT path FROM found WHERE path IS NOT NULL;

-- name: candidates
SELECT w.seq AS wait, w.delivery_id, w.event_id AS first_id, w.subscription, w.step, w.patterns, w.match, w.ends,
       w.state, w.opened_at, w.until, w.resolved_at, w.async_id, e.*
FROM waits AS w JOIN events AS e ON e.event_id = w.event_id
WHERE w.state = 'open' AND w.is_pattern = :is_pattern AND w.topic = :topic AND w.path = :path AND w.key = :key
    AND w.seq > :cursor
    AND coalesce(w.opened_after, e.seq) < :arrival
    AND (w.until IS NULL OR w.until >= :received_at)
ORDER BY w.seq LIMIT :limit;

-- name: go_on
UPDATE arrivals SET cursor = :cursor
WHERE seq = :seq AND cursor = :before AND NOT EXISTS (SELECT 1 FROM arrivals WHERE seq < :seq);

-- name: done_with
DELETE FROM arrivals
WHERE seq = :seq AND cursor = :before AND NOT EXISTS (SELECT 1 FROM arrivals WHERE seq < :seq);

-- name: resolve
UPDATE waits SET state = :state, resolved_at = :now, async_id = :async_id
WHERE seq IN (SELECT value FROM json_each(:seqs)) AND state = 'open'
RETURNING delivery_id, subscription, ends;

-- name: resume_parked
-- One that is to be cancelled stays parked.
UPDATE deliveries
SET waits = waits + 1,
    due_at = CASE WHEN leased_until = 8000000000000000
        THEN max(:now, (SELECT ts FROM events AS e WHERE e.event_id = deliveries.event_id)) ELSE due_at END,
    leased_until = CASE WHEN leased_until = 8000000000000000 AND EXISTS (
        SELECT 1 FROM waits AS w WHERE w.delivery_id = :delivery_id AND w.ends AND w.state = 'matched'
    ) THEN leased_until ELSE nullif(leased_until, 8000000000000000) END
WHERE delivery_id = :delivery_id AND state = 'pending';

-- name: condemn
UPDATE deliveries
SET waits = waits + 1, leased_until = CASE WHEN leased_by IS NULL THEN 8000000000000000 ELSE leased_until END
WHERE delivery_id = :delivery_id AND state = 'pending';

-- name: timed_out
SELECT w.seq FROM waits AS w
WHERE w.state = 'open' AND w.until < :now AND NOT EXISTS (
    SELECT 1 FROM arrivals AS a WHERE a.received_at <= w.until AND (w.is_pattern OR a.name = w.topic)
)
ORDER BY w.until LIMIT :limit;

-- name: next_until
SELECT min(until) FROM waits WHERE state = 'open' AND until IS NOT NULL;

-- name: condemned
SELECT w.* FROM waits AS w JOIN deliveries AS d ON d.delivery_id = w.delivery_id
WHERE w.ends AND w.state = 'matched' AND d.state = 'pending' AND d.leased_by IS NULL
ORDER BY w.seq LIMIT :limit;

-- name: waits_of
SELECT w.* FROM waits AS w WHERE w.delivery_id IN (SELECT value FROM json_each(:delivery_ids)) ORDER BY w.seq;

-- name: waited_events
SELECT e.* FROM events AS e
WHERE e.event_id IN (SELECT value FROM json_each(:event_ids));

-- name: count_open
SELECT count(*) FROM waits WHERE state = 'open';

-- name: delete_waits_of
DELETE FROM waits WHERE event_id IN (SELECT value FROM json_each(:event_ids));
