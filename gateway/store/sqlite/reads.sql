-- name: event_by_event_id
SELECT e.*, r.body FROM events AS e LEFT JOIN requests AS r ON r.request_id = e.request_id
WHERE e.event_id = :id;

-- name: event_by_id
SELECT e.*, r.body FROM events AS e LEFT JOIN requests AS r ON r.request_id = e.request_id
WHERE e.id = :id ORDER BY e.seq DESC LIMIT 1;

-- name: events
SELECT e.*, NULL AS body FROM events AS e
WHERE (:source IS NULL OR e.source = :source)
    AND (:name IS NULL OR name_matches(:name, e.name))
    AND (:since IS NULL OR e.event_id >= :since)
    AND e.seq < coalesce(:before, 9223372036854775807) AND e.seq > coalesce(:after, -1)
ORDER BY e.seq DESC
LIMIT :limit;

-- name: events_from
SELECT e.*, NULL AS body FROM events AS e INDEXED BY events_by_source
WHERE e.source = :source
    AND (:name IS NULL OR name_matches(:name, e.name))
    AND (:since IS NULL OR e.event_id >= :since)
    AND e.seq < coalesce(:before, 9223372036854775807) AND e.seq > coalesce(:after, -1)
ORDER BY e.seq DESC
LIMIT :limit;

-- name: duplicates
-- Not with what each brought, which may be long.
SELECT duplicate_id, event_id, id, name, source, received_at, gap, same_body, fields, reason, secret, remote_addr,
       headers, seq
FROM duplicates
WHERE (:source IS NULL OR source = :source)
    AND (:name IS NULL OR name_matches(:name, name))
    AND (:since IS NULL OR received_at >= :since)
    AND seq < coalesce(:before, 9223372036854775807) AND seq > coalesce(:after, -1)
ORDER BY seq DESC
LIMIT :limit;

-- name: duplicates_of
SELECT * FROM duplicates
WHERE event_id = :event_id AND (:before IS NULL OR seq < :before)
ORDER BY seq DESC
LIMIT :limit;

-- name: rejections
SELECT * FROM rejections
WHERE (:source IS NULL OR source = :source)
    AND (:since IS NULL OR received_at >= :since)
    AND (:before IS NULL OR seq < :before)
    AND (NOT :quarantined OR (body IS NOT NULL AND released_at IS NULL))
ORDER BY seq DESC
LIMIT :limit;

-- name: rejection_counts
SELECT source, reason, count, first_at, last_at FROM rejection_counts ORDER BY source, reason;

-- name: deliveries
SELECT d.*, e.id, e.name, e.source, CASE WHEN d.waits > 0 THEN (
    SELECT json_group_array(json_object(
        'seq', w.seq, 'delivery_id', w.delivery_id, 'event_id', w.event_id, 'subscription', w.subscription,
        'step', w.step, 'patterns', w.patterns, 'match', w.match, 'ends', w.ends, 'state', w.state,
        'opened_at', w.opened_at, 'until', w.until, 'resolved_at', w.resolved_at, 'async_id', w.async_id
    )) FROM (SELECT * FROM waits WHERE delivery_id = d.delivery_id ORDER BY seq) AS w
) END AS waited
FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE (:source IS NULL OR e.source = :source)
    AND (:name IS NULL OR name_matches(:name, e.name))
    AND (:since IS NULL OR coalesce(d.finished_at, d.created_at) >= :since)
    AND (:state IS NULL OR d.state = :state)
    AND (:subscription IS NULL OR d.subscription = :subscription)
    AND d.seq < coalesce(:before, 9223372036854775807) AND d.seq > coalesce(:after, -1)
ORDER BY d.seq DESC
LIMIT :limit;

-- name: dead_deliveries
SELECT d.*, e.id, e.name, e.source, CASE WHEN d.waits > 0 THEN (
    SELECT json_group_array(json_object(
        'seq', w.seq, 'delivery_id', w.delivery_id, 'event_id', w.event_id, 'subscription', w.subscription,
        'step', w.step, 'patterns', w.patterns, 'match', w.match, 'ends', w.ends, 'state', w.state,
        'opened_at', w.opened_at, 'until', w.until, 'resolved_at', w.resolved_at, 'async_id', w.async_id
    )) FROM (SELECT * FROM waits WHERE delivery_id = d.delivery_id ORDER BY seq) AS w
) END AS waited
FROM deliveries AS d INDEXED BY deliveries_dead JOIN events AS e ON e.event_id = d.event_id
WHERE d.state = 'dead'
    AND (:source IS NULL OR e.source = :source)
    AND (:name IS NULL OR name_matches(:name, e.name))
    AND (:since IS NULL OR coalesce(d.finished_at, d.created_at) >= :since)
    AND (:subscription IS NULL OR d.subscription = :subscription)
    AND d.seq < coalesce(:before, 9223372036854775807) AND d.seq > coalesce(:after, -1)
ORDER BY d.seq DESC
LIMIT :limit;

-- name: deliveries_of
SELECT d.*, e.id, e.name, e.source, CASE WHEN d.waits > 0 THEN (
    SELECT json_group_array(json_object(
        'seq', w.seq, 'delivery_id', w.delivery_id, 'event_id', w.event_id, 'subscription', w.subscription,
        'step', w.step, 'patterns', w.patterns, 'match', w.match, 'ends', w.ends, 'state', w.state,
        'opened_at', w.opened_at, 'until', w.until, 'resolved_at', w.resolved_at, 'async_id', w.async_id
    )) FROM (SELECT * FROM waits WHERE delivery_id = d.delivery_id ORDER BY seq) AS w
) END AS waited
FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.event_id = :event_id
    AND (:state IS NULL OR d.state = :state)
    AND (:subscription IS NULL OR d.subscription = :subscription)
    AND (:before IS NULL OR d.seq < :before)
ORDER BY d.seq DESC
LIMIT :limit;

-- name: delivery
SELECT d.*, e.id, e.name, e.source, CASE WHEN d.waits > 0 THEN (
    SELECT json_group_array(json_object(
        'seq', w.seq, 'delivery_id', w.delivery_id, 'event_id', w.event_id, 'subscription', w.subscription,
        'step', w.step, 'patterns', w.patterns, 'match', w.match, 'ends', w.ends, 'state', w.state,
        'opened_at', w.opened_at, 'until', w.until, 'resolved_at', w.resolved_at, 'async_id', w.async_id
    )) FROM (SELECT * FROM waits WHERE delivery_id = d.delivery_id ORDER BY seq) AS w
) END AS waited
FROM deliveries AS d JOIN events AS e ON e.event_id = d.event_id
WHERE d.delivery_id = :id;

-- name: attempts
SELECT delivery_id, number, started_at, latency, status, error, response FROM attempts
WHERE delivery_id = :id ORDER BY number;

-- name: paused
SELECT p.subscription, p.paused_at, p.reason,
       (SELECT count(*) FROM deliveries AS d
        WHERE d.subscription = p.subscription AND d.state = 'pending' AND d.leased_until IS NULL)
       + (SELECT count(*) FROM deliveries AS d
          WHERE d.leased_until IN (8000000000000000, 9000000000000000) AND d.subscription = p.subscription) AS waiting
FROM paused AS p ORDER BY p.subscription;

-- name: waiting
SELECT subscription, sum(count) FROM (
    SELECT subscription, count(*) AS count FROM deliveries
    WHERE state = 'pending' AND leased_until IS NULL
    GROUP BY subscription
    UNION ALL
    SELECT subscription, count(*) FROM deliveries
    WHERE leased_until IN (8000000000000000, 9000000000000000) GROUP BY subscription
) GROUP BY subscription;

-- name: verdicts
SELECT * FROM verdicts WHERE event_id = :event_id ORDER BY subscription;

-- name: verdict_counts
SELECT asked.value AS asked, (
    SELECT count(*) FROM verdicts AS v WHERE v.subscription = asked.value AND v.error IS NOT NULL
) AS errors, last.*
FROM json_each(:subscriptions) AS asked
LEFT JOIN verdicts AS last ON last.subscription = asked.value AND last.event_id = (
    SELECT max(event_id) FROM verdicts AS v WHERE v.subscription = asked.value
)
ORDER BY asked.key;

-- name: newest_delivery
SELECT coalesce(max(seq), 0) FROM deliveries;

-- name: newer_deliveries
SELECT subscription, max(seq) FROM deliveries WHERE seq > :seq GROUP BY subscription;

-- name: backlog
-- What is held for an earlier one of its key, or parked for another event, waits too.
SELECT subscription, count(*), count(*) FILTER (WHERE due_at <= :now), max(0, :now - min(max(due_at, created_at)))
FROM (
    SELECT subscription, due_at, created_at FROM deliveries WHERE state = 'pending' AND leased_until IS NULL
    UNION ALL
    SELECT subscription, due_at, created_at FROM deliveries
    WHERE leased_until IN (8000000000000000, 9000000000000000)
)
GROUP BY subscription;

-- name: known
SELECT key FROM dedupe_keys WHERE source = :source AND key IN (SELECT value FROM json_each(:keys))
UNION
SELECT id FROM events WHERE id IN (SELECT value FROM json_each(:keys)) AND source = :source;

-- name: mark
-- Ids are times: each kind has an index of them, and one look into it is enough.
SELECT
    coalesce((SELECT seq FROM events WHERE event_id >= :id ORDER BY event_id LIMIT 1),
             (SELECT coalesce(max(seq), 0) + 1 FROM events)) AS events,
    coalesce((SELECT seq FROM duplicates WHERE duplicate_id >= :id ORDER BY duplicate_id LIMIT 1),
             (SELECT coalesce(max(seq), 0) + 1 FROM duplicates)) AS duplicates,
    coalesce((SELECT seq FROM rejections WHERE rejection_id >= :id ORDER BY rejection_id LIMIT 1),
             (SELECT coalesce(max(seq), 0) + 1 FROM rejections)) AS rejections,
    coalesce((SELECT seq FROM deliveries WHERE delivery_id >= :id ORDER BY delivery_id LIMIT 1),
             (SELECT coalesce(max(seq), 0) + 1 FROM deliveries)) AS deliveries;

-- name: dead_letters
SELECT (finished_at - :since) / :width AS span, count(*) AS dead
FROM deliveries INDEXED BY deliveries_died
WHERE state = 'dead' AND finished_at >= :since
GROUP BY span;

-- name: last_seen
SELECT received_at FROM events INDEXED BY events_by_source WHERE source = :source ORDER BY seq DESC LIMIT 1;

-- name: purgeable
-- As purgeable_events and the deletes of retention choose them.
SELECT
    (SELECT count(*) FROM events
     WHERE event_id < :before_id
         AND NOT EXISTS (SELECT 1 FROM deliveries AS d
                         WHERE d.event_id = events.event_id AND d.state = 'pending')
         AND NOT EXISTS (SELECT 1 FROM waits AS w JOIN deliveries AS d ON d.delivery_id = w.delivery_id
                         WHERE w.async_id = events.event_id AND d.state = 'pending')),
    (SELECT count(*) FROM duplicates WHERE received_at < :duplicates_before),
    (SELECT count(*) FROM rejections WHERE received_at < :rejections_before),
    (SELECT count(*) FROM dedupe_keys WHERE expires_at <= :now),
    (SELECT count(*) FROM windows WHERE due_at <= :now);
