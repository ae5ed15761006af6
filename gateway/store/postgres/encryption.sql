-- name: encryption_keys
SELECT key_id FROM encryption_keys ORDER BY first_used_at, key_id;

-- name: use_key
INSERT INTO encryption_keys (key_id, first_used_at) VALUES ($1, $2) ON CONFLICT (key_id) DO NOTHING;

-- name: forget_keys
DELETE FROM encryption_keys WHERE key_id <> ALL ($1::text[]);

-- name: sealed_events
SELECT seq, event_id, data, headers, url, attributes FROM events WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: reseal_events
UPDATE events SET data = $3, headers = $4, url = $5, attributes = $6 WHERE seq = $1 AND event_id = $2;

-- name: sealed_requests
SELECT moment, request_id, body FROM requests WHERE (moment, request_id) > ($1, $2) ORDER BY moment, request_id LIMIT $3;

-- name: reseal_requests
UPDATE requests SET body = $3 WHERE moment = $1 AND request_id = $2;

-- name: sealed_duplicates
SELECT seq, headers, data FROM duplicates WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: reseal_duplicates
UPDATE duplicates SET headers = $2, data = $3 WHERE seq = $1;

-- name: sealed_rejections
SELECT seq, headers, url, body FROM rejections WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: reseal_rejections
UPDATE rejections SET headers = $2, url = $3, body = $4 WHERE seq = $1;

-- name: sealed_deliveries
SELECT seq, event_id, last_error, last_error AS error FROM deliveries WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: reseal_deliveries
-- Another attempt may have ended meanwhile: then its error stays.
UPDATE deliveries SET last_error = $4 WHERE seq = $1 AND event_id = $2 AND last_error = $3;

-- name: sealed_attempts
SELECT event_id, delivery_id, number, error, response FROM attempts
WHERE (event_id, delivery_id, number) > ($1, $2, $3) ORDER BY event_id, delivery_id, number LIMIT $4;

-- name: reseal_attempts
UPDATE attempts SET error = $4, response = $5 WHERE event_id = $1 AND delivery_id = $2 AND number = $3;

-- name: sealed_verdicts
SELECT event_id, subscription, saw, error FROM verdicts
WHERE (event_id, subscription) > ($1, $2) ORDER BY event_id, subscription LIMIT $3;

-- name: reseal_verdicts
UPDATE verdicts SET saw = $3, error = $4 WHERE event_id = $1 AND subscription = $2;

-- name: sealed_answers
SELECT delivery_id, number, headers, body FROM answers
WHERE (delivery_id, number) > ($1, $2) ORDER BY delivery_id, number LIMIT $3;

-- name: reseal_answers
UPDATE answers SET headers = $3, body = $4 WHERE delivery_id = $1 AND number = $2;

-- name: sealed_steps
SELECT event_id, run_id, key, result FROM steps
WHERE (event_id, run_id, key) > ($1, $2, $3) ORDER BY event_id, run_id, key LIMIT $4;

-- name: reseal_steps
UPDATE steps SET result = $4 WHERE event_id = $1 AND run_id = $2 AND key = $3;
