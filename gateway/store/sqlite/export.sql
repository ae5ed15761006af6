-- name: events
SELECT seq, event_id, id, name, source, ts, v, received_at, attributes, secret, remote_addr, request_id, url, headers,
       data
FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2;

-- name: requests
SELECT DISTINCT substr(e.event_id, 1, 10), e.request_id, r.body
FROM events AS e JOIN requests AS r ON r.request_id = e.request_id
WHERE e.seq >= ?1 AND e.seq <= ?2 ORDER BY 1, 2;

-- name: deliveries
-- A lease is not moved: whoever held it is at work on this store. That a delivery is parked is, and what another of
-- its batch leads stays led.
SELECT seq, delivery_id, event_id, subscription, state, due_at, attempts, retries, created_at, finished_at, replay_of,
       last_status, last_error, order_key, order_at, priority, batch_id, waits,
       CASE WHEN leased_until = 8000000000000000 OR batch_id IS NOT NULL AND leased_until = 9000000000000000
            THEN leased_until END
FROM deliveries WHERE seq > ?1 ORDER BY seq LIMIT ?2;

-- name: waits
SELECT seq, delivery_id, step, event_id, subscription, is_pattern, topic, patterns, match, path, key, ends, state,
       opened_after, opened_at, until, resolved_at, async_id
FROM waits WHERE seq > ?1 ORDER BY seq LIMIT ?2;

-- name: arrivals
SELECT seq, event_id, name, received_at, cursor FROM arrivals WHERE seq > ?1 ORDER BY seq LIMIT ?2;

-- name: attempts
SELECT d.event_id, a.delivery_id, a.number, a.started_at, a.latency, a.status, a.error, a.response
FROM deliveries AS d JOIN attempts AS a ON a.delivery_id = d.delivery_id
WHERE d.seq >= ?1 AND d.seq <= ?2 ORDER BY 1, 2, 3;

-- name: duplicates
SELECT seq, duplicate_id, event_id, id, name, source, received_at, gap, same_body, fields, reason, secret, remote_addr,
       headers, data
FROM duplicates WHERE seq > ?1 ORDER BY seq LIMIT ?2;

-- name: rejections
SELECT seq, rejection_id, source, reason, detail, received_at, remote_addr, method, url, body_size, body_sha256,
       released_at, headers, body
FROM rejections WHERE seq > ?1 ORDER BY seq LIMIT ?2;

-- name: verdicts
SELECT event_id, subscription, reason, expression, saw, error, first_event_id
FROM verdicts WHERE (event_id, subscription) > (?1, ?2) ORDER BY event_id, subscription LIMIT ?3;

-- name: dedupe_keys
SELECT source, key, event_id, id, digest, first_at, expires_at
FROM dedupe_keys WHERE (source, key) > (?1, ?2) ORDER BY source, key LIMIT ?3;

-- name: rejection_counts
SELECT source, reason, count, first_at, last_at
FROM rejection_counts WHERE (source, reason) > (?1, ?2) ORDER BY source, reason LIMIT ?3;

-- name: paused
-- What a circuit breaker has paused is not moved: it finds out anew.
SELECT subscription, paused_at, reason FROM paused
WHERE subscription > ?1
    AND subscription NOT IN (SELECT subscription FROM subscription_health WHERE opened_at IS NOT NULL)
ORDER BY subscription LIMIT ?2;

-- name: backfills
SELECT account, source, cursor FROM backfills WHERE (account, source) > (?1, ?2) ORDER BY account, source LIMIT ?3;

-- name: steps
SELECT event_id, run_id, key, kept_at, result
FROM steps WHERE (event_id, run_id, key) > (?1, ?2, ?3) ORDER BY event_id, run_id, key LIMIT ?4;

-- name: audit
SELECT seq, audit_id, at, who, scope, via, address, action, target, detail, outcome
FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2;

-- name: encryption_keys
SELECT key_id, first_used_at FROM encryption_keys WHERE key_id > ?1 ORDER BY key_id LIMIT ?2;

-- name: counts
SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM deliveries) AS deliveries,
       (SELECT count(*) FROM waits) AS waits, (SELECT count(*) FROM arrivals) AS arrivals,
       (SELECT count(*) FROM duplicates) AS duplicates, (SELECT count(*) FROM rejections) AS rejections,
       (SELECT count(*) FROM verdicts) AS verdicts, (SELECT count(*) FROM dedupe_keys) AS dedupe_keys,
       (SELECT count(*) FROM rejection_counts) AS rejection_counts, (SELECT count(*) FROM paused WHERE subscription NOT IN (
           SELECT subscription FROM subscription_health WHERE opened_at IS NOT NULL
       )) AS paused,
       (SELECT count(*) FROM backfills) AS backfills, (SELECT count(*) FROM audit) AS audit, (SELECT count(*) FROM encryption_keys) AS encryption_keys, (SELECT count(*) FROM steps) AS steps;
