-- name: copied_events
SELECT seq, event_id, id, name, source, ts, v, received_at, attributes, secret, remote_addr, request_id, url, headers,
       data
FROM events WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: copied_requests
SELECT DISTINCT left(e.event_id, 10), e.request_id, r.body
FROM events AS e JOIN requests AS r ON r.moment = left(e.event_id, 10) AND r.request_id = e.request_id
WHERE e.seq >= $1 AND e.seq <= $2 ORDER BY 1, 2;

-- name: copied_deliveries
SELECT seq, delivery_id, event_id, subscription, state, due_at, attempts, retries, created_at, finished_at, replay_of,
       last_status, last_error, order_key, order_at, priority, batch_id, waits,
       CASE WHEN leased_until = 8000000000000000 OR batch_id IS NOT NULL AND leased_until = 9000000000000000
            THEN leased_until END
FROM deliveries WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: copied_waits
SELECT seq, delivery_id, step, event_id, subscription, is_pattern, topic, patterns, match, path, key, ends, state,
       opened_after, opened_at, until, resolved_at, async_id
FROM waits WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: copied_arrivals
SELECT seq, event_id, name, received_at, cursor FROM arrivals WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: copied_attempts
SELECT a.event_id, a.delivery_id, a.number, a.started_at, a.latency, a.status, a.error, a.response
FROM deliveries AS d JOIN attempts AS a ON a.event_id = d.event_id AND a.delivery_id = d.delivery_id
WHERE d.seq >= $1 AND d.seq <= $2 ORDER BY 1, 2, 3;

-- name: copied_duplicates
SELECT seq, duplicate_id, event_id, id, name, source, received_at, gap, same_body, fields, reason, secret, remote_addr,
       headers, data
FROM duplicates WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: copied_rejections
SELECT seq, rejection_id, source, reason, detail, received_at, remote_addr, method, url, body_size, body_sha256,
       released_at, headers, body
FROM rejections WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: copied_verdicts
SELECT event_id, subscription, reason, expression, saw, error, first_event_id
FROM verdicts WHERE (event_id, subscription) > ($1, $2) ORDER BY event_id, subscription LIMIT $3;

-- name: copied_dedupe_keys
SELECT source, key, event_id, id, digest, first_at, expires_at
FROM dedupe_keys WHERE (source, key) > ($1, $2) ORDER BY source, key LIMIT $3;

-- name: copied_rejection_counts
SELECT source, reason, count, first_at, last_at
FROM rejection_counts WHERE (source, reason) > ($1, $2) ORDER BY source, reason LIMIT $3;

-- name: copied_paused
SELECT subscription, paused_at, reason FROM paused WHERE subscription > $1 ORDER BY subscription LIMIT $2;

-- name: copied_backfills
SELECT account, source, cursor FROM backfills WHERE (account, source) > ($1, $2) ORDER BY account, source LIMIT $3;

-- name: copied_steps
SELECT event_id, run_id, key, kept_at, result
FROM steps WHERE (event_id, run_id, key) > ($1, $2, $3) ORDER BY event_id, run_id, key LIMIT $4;

-- name: copied_audit
SELECT seq, audit_id, at, who, scope, via, address, action, target, detail, outcome
FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: copied_encryption_keys
SELECT key_id, first_used_at FROM encryption_keys WHERE key_id > $1 ORDER BY key_id LIMIT $2;

-- name: last_of_events
SELECT max(seq) FROM events;

-- name: last_of_deliveries
SELECT max(seq) FROM deliveries;

-- name: last_of_waits
SELECT max(seq) FROM waits;

-- name: last_of_arrivals
SELECT max(seq) FROM arrivals;

-- name: last_of_duplicates
SELECT max(seq) FROM duplicates;

-- name: last_of_rejections
SELECT max(seq) FROM rejections;

-- name: last_of_verdicts
SELECT event_id, subscription FROM verdicts ORDER BY event_id DESC, subscription DESC LIMIT 1;

-- name: last_of_dedupe_keys
SELECT source, key FROM dedupe_keys ORDER BY source DESC, key DESC LIMIT 1;

-- name: last_of_rejection_counts
SELECT source, reason FROM rejection_counts ORDER BY source DESC, reason DESC LIMIT 1;

-- name: last_of_paused
SELECT max(subscription) FROM paused;

-- name: last_of_backfills
SELECT account, source FROM backfills ORDER BY account DESC, source DESC LIMIT 1;

-- name: last_of_steps
SELECT event_id, run_id, key FROM steps ORDER BY event_id DESC, run_id DESC, key DESC LIMIT 1;

-- name: last_of_audit
SELECT max(seq) FROM audit;

-- name: last_of_encryption_keys
SELECT key_id FROM encryption_keys ORDER BY key_id DESC LIMIT 1;

-- name: take_events
INSERT INTO events (seq, event_id, id, name, source, ts, v, received_at, attributes, secret, remote_addr, request_id,
                    url, headers, data)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
                     $8::bigint[], $9::text[], $10::int[], $11::text[], $12::text[], $13::text[], $14::text[],
                     $15::text[]);

-- name: take_requests
INSERT INTO requests (moment, request_id, body)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) ON CONFLICT (moment, request_id) DO NOTHING;

-- name: take_deliveries
INSERT INTO deliveries (seq, delivery_id, event_id, subscription, state, due_at, attempts, retries, created_at,
                        finished_at, replay_of, last_status, last_error, order_key, order_at, priority, batch_id,
                        waits, leased_until)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::int[], $8::int[],
                     $9::bigint[], $10::bigint[], $11::text[], $12::int[], $13::text[], $14::text[], $15::bigint[],
                     $16::int[], $17::text[], $18::int[], $19::bigint[]);

-- name: take_waits
INSERT INTO waits (seq, delivery_id, step, event_id, subscription, is_pattern, topic, patterns, match, path, key, ends, state,
                   opened_after, opened_at, until, resolved_at, async_id)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[],
                     $8::text[], $9::text[], $10::text[], $11::text[], $12::boolean[], $13::text[], $14::bigint[],
                     $15::bigint[], $16::bigint[], $17::bigint[], $18::text[]);

-- name: take_arrivals
INSERT INTO arrivals (seq, event_id, name, received_at, cursor)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]);

-- name: take_attempts
INSERT INTO attempts (event_id, delivery_id, number, started_at, latency, status, error, response)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::int[], $7::text[],
                     $8::text[]);

-- name: take_duplicates
INSERT INTO duplicates (seq, duplicate_id, event_id, id, name, source, received_at, gap, same_body, fields, reason,
                        secret, remote_addr, headers, data)
OVERRIDING SYSTEM VALUE
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                     $8::bigint[], $9::boolean[], $10::text[], $11::text[], $12::int[], $13::text[], $14::text[],
                     $15::text[]);

-- name: take_rejections
INSERT INTO rejections (seq, rejection_id, source, reason, detail, received_at, remote_addr, method, url, body_size,
                        body_sha256, released_at, headers, body)
OVERRIDING SYSTEM VALUE
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
                     $8::text[], $9::text[], $10::bigint[], $11::text[], $12::bigint[], $13::text[], $14::bytea[]);

-- name: take_verdicts
INSERT INTO verdicts (event_id, subscription, reason, expression, saw, error, first_event_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]);

-- name: take_dedupe_keys
INSERT INTO dedupe_keys (source, key, event_id, id, digest, first_at, expires_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bigint[], $7::bigint[]);

-- name: take_rejection_counts
INSERT INTO rejection_counts (source, reason, count, first_at, last_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]);

-- name: take_paused
INSERT INTO paused (subscription, paused_at, reason)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[]);

-- name: take_backfills
INSERT INTO backfills (source, account, cursor, busy_until)
SELECT source, account, cursor, 0 FROM unnest($1::text[], $2::text[], $3::text[]) AS b (account, source, cursor);

-- name: take_steps
INSERT INTO steps (event_id, run_id, key, kept_at, result)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[]);

-- name: take_audit
INSERT INTO audit (seq, audit_id, at, who, scope, via, address, action, target, detail, outcome)
OVERRIDING SYSTEM VALUE
SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::text[], $9::text[], $10::text[], $11::text[]);

-- name: take_encryption_keys
INSERT INTO encryption_keys (key_id, first_used_at) SELECT * FROM unnest($1::text[], $2::bigint[]);

-- name: go_on_counting
-- What is stored from now on comes after what was copied.
SELECT setval('events_seq', coalesce((SELECT max(seq) FROM events), 0) + 1, false),
       setval('deliveries_seq', coalesce((SELECT max(seq) FROM deliveries), 0) + 1, false),
       setval(pg_get_serial_sequence('waits', 'seq'), coalesce((SELECT max(seq) FROM waits), 0) + 1, false),
       setval(pg_get_serial_sequence('duplicates', 'seq'), coalesce((SELECT max(seq) FROM duplicates), 0) + 1, false),
       setval(pg_get_serial_sequence('rejections', 'seq'), coalesce((SELECT max(seq) FROM rejections), 0) + 1, false),
       setval(pg_get_serial_sequence('audit', 'seq'), coalesce((SELECT max(seq) FROM audit), 0) + 1, false);
