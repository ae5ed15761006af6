-- name: claim
-- Who is due has its place by time and priority. Retries first, as many as may be, then what did not fail yet, as far as there are slots: what comes behind the last
-- slot is not even locked. Each subscription's index is read from the floor up, below which all has been claimed: what claims have left
-- behind there since the last vacuum is never walked over. The rows are named by their places in the table:
-- they are locked and stay there, and no second index is searched, which is deeper the more there are.
WITH asked AS (
    SELECT a.*, coalesce($5, now_ms()) AS now
    FROM unnest($1::text[], $2::int[], $7::int[], $3::bigint[], $4::bigint[], $8::bigint[], $9::int[])
        AS a (subscription, slots, retries, lease, first_floor, again_floor, reach)
    WHERE NOT EXISTS (SELECT FROM paused AS p WHERE p.subscription = a.subscription)
)
UPDATE deliveries_pending AS d
SET attempts = attempts + 1,
    leased_by = $6,
    leased_until = (SELECT a.now + a.lease FROM asked AS a WHERE a.subscription = d.subscription)
WHERE d.ctid = ANY (ARRAY(
    SELECT due.ctid
    FROM asked AS a CROSS JOIN LATERAL (
        SELECT again.ctid FROM (
            SELECT p.ctid FROM deliveries_pending AS p
            WHERE p.subscription = a.subscription AND least(p.retries, 1) = 1 AND p.leased_until IS NULL
                AND p.due_at - p.priority >= a.again_floor AND p.due_at - p.priority <= a.now + a.reach
                AND p.due_at <= a.now
            ORDER BY p.due_at - p.priority, p.seq
            LIMIT a.retries
            FOR UPDATE SKIP LOCKED
        ) AS again
        UNION ALL
        SELECT first.ctid FROM (
            SELECT p.ctid FROM deliveries_pending AS p
            WHERE p.subscription = a.subscription AND least(p.retries, 1) = 0 AND p.leased_until IS NULL
                AND p.due_at - p.priority >= a.first_floor AND p.due_at - p.priority <= a.now + a.reach
                AND p.due_at <= a.now
            ORDER BY p.due_at - p.priority, p.seq
            LIMIT a.slots
            FOR UPDATE SKIP LOCKED
        ) AS first
        LIMIT a.slots
    ) AS due
))
RETURNING d.delivery_id, d.event_id, d.subscription, d.state, d.due_at, d.attempts, d.retries, d.created_at,
          d.leased_until, d.finished_at, d.replay_of, d.last_status, d.last_error, d.seq, d.order_key, d.priority, d.waits;

-- name: lock_orders
SELECT lock_order(subscription) FROM unnest($1::text[]) AS subscription;

-- name: due_in_order
-- Whether it is a delivery's turn: none of its key is under way, and none that is pending comes before it.
SELECT due.delivery_id, due.order_key IS NULL OR (
    NOT EXISTS (
        SELECT FROM deliveries_pending AS o
        WHERE o.subscription = $1 AND o.order_key = due.order_key AND o.leased_by IS NOT NULL
    ) AND due.delivery_id = (
        SELECT o.delivery_id FROM deliveries_pending AS o
        WHERE o.subscription = $1 AND o.order_key = due.order_key
        ORDER BY o.order_at, o.seq LIMIT 1
    )
) AS next
FROM (
    SELECT d.delivery_id, d.order_key, d.due_at - d.priority AS place, d.seq FROM deliveries_pending AS d
    WHERE d.subscription = $1 AND least(d.retries, 1) = $4 AND d.leased_until IS NULL
        AND d.due_at - d.priority <= coalesce($2, now_ms()) + $5::int AND d.due_at <= coalesce($2, now_ms())
        AND NOT EXISTS (SELECT FROM paused AS p WHERE p.subscription = $1)
    ORDER BY d.due_at - d.priority, d.seq
    LIMIT $3
    FOR UPDATE SKIP LOCKED
) AS due
ORDER BY due.place, due.seq;

-- name: lease_these
UPDATE deliveries_pending AS d
SET attempts = attempts + 1, leased_until = coalesce($2, now_ms()) + $3, leased_by = $4
WHERE d.delivery_id = ANY ($1::text[])
RETURNING d.delivery_id, d.event_id, d.subscription, d.state, d.due_at, d.attempts, d.retries, d.created_at,
          d.leased_until, d.finished_at, d.replay_of, d.last_status, d.last_error, d.seq, d.order_key, d.priority, d.waits;

-- name: hold_these
UPDATE deliveries_pending SET leased_until = 9000000000000000 WHERE delivery_id = ANY ($1::text[]);

-- name: free_first
-- Where the first of a key is held, none would ever go: an older node, or a transaction that was undone, can
-- leave that behind.
UPDATE deliveries_pending SET leased_until = NULL WHERE delivery_id IN (
    SELECT h.delivery_id FROM deliveries_pending AS h
    WHERE coalesce(h.leased_until, 0) = 9000000000000000 AND h.delivery_id = ANY (ARRAY(
        SELECT (
            SELECT o.delivery_id FROM deliveries_pending AS o
            WHERE o.subscription = d.subscription AND o.order_key = d.order_key
            ORDER BY o.order_at, o.seq LIMIT 1
        ) FROM (
            SELECT DISTINCT subscription, order_key FROM deliveries_pending WHERE delivery_id = ANY ($1::text[])
        ) AS d
    ))
    FOR UPDATE SKIP LOCKED
);

-- name: next_due
-- Retries count only where `again` says so.
SELECT a.subscription, coalesce($3, now_ms()) AS now, least((
    SELECT d.due_at FROM deliveries_pending AS d
    WHERE d.subscription = a.subscription AND least(d.retries, 1) = 0 AND d.leased_until IS NULL
        AND d.due_at - d.priority >= a.first_floor
    ORDER BY d.due_at - d.priority, d.seq LIMIT 1
), (
    SELECT d.due_at FROM deliveries_pending AS d
    WHERE a.again AND d.subscription = a.subscription AND least(d.retries, 1) = 1 AND d.leased_until IS NULL
        AND d.due_at - d.priority >= a.again_floor
    ORDER BY d.due_at - d.priority, d.seq LIMIT 1
)) AS due_at
FROM unnest($1::text[], $2::bigint[], $4::bigint[], $5::boolean[])
    AS a (subscription, first_floor, again_floor, again)
WHERE NOT EXISTS (SELECT FROM paused AS p WHERE p.subscription = a.subscription);

-- name: events_of
SELECT e.event_id, e.id, e.name, e.source, e.data, e.ts, e.v, e.received_at, e.attributes, e.headers, (
    SELECT r.body FROM requests AS r WHERE r.moment = left(e.event_id, 10) AND r.request_id = e.request_id
) AS body
FROM events AS e WHERE e.event_id = ANY ($1::text[]);

-- name: expired
SELECT d.delivery_id, d.event_id, d.subscription, d.state, d.due_at, d.attempts, d.retries, d.created_at,
       d.leased_until, d.finished_at, d.replay_of, d.last_status, d.last_error, d.seq, d.order_key, d.waits
FROM deliveries_pending AS d
WHERE d.leased_until <= coalesce($1, now_ms())
ORDER BY d.leased_until
LIMIT $2;

-- name: settle
-- A delivery that ends moves to its event's day by its new state. Times of the caller's are moved to the
-- database's clock where `shift` says so, and what is due again never was due before.
WITH asked AS (
    SELECT s.*, CASE WHEN $11 THEN greatest(now_ms(), s.due_at - s.now + now_ms()) ELSE s.due_at END AS due
    FROM unnest($1::text[], $2::int[], $3::text[], $4::bigint[], $5::int[], $6::bigint[], $7::int[], $8::text[],
                $9::bigint[], $10::bigint[], $12::bigint[], $13::text[])
        AS s (delivery_id, number, state, due_at, retries, now, status, error, started_at, latency, order_at,
              response)
), held AS (
    UPDATE deliveries AS d
    SET state = s.state, due_at = s.due, retries = s.retries, leased_until = NULL, leased_by = NULL,
        finished_at = CASE WHEN s.state = 'pending' THEN NULL ELSE s.now END,
        last_status = s.status, last_error = s.error,
        order_at = CASE WHEN s.order_at IS NULL THEN d.order_at ELSE s.order_at END
    FROM asked AS s
    WHERE d.state = 'pending' AND d.delivery_id = s.delivery_id AND d.attempts = s.number
        AND d.leased_by IS NOT NULL
    RETURNING d.delivery_id, d.event_id
), tried AS (
    INSERT INTO attempts (event_id, delivery_id, number, started_at, latency, status, error, response)
    SELECT h.event_id, s.delivery_id, s.number, s.started_at, s.latency, s.status, s.error, s.response
    FROM held AS h JOIN asked AS s USING (delivery_id)
    ON CONFLICT (event_id, delivery_id, number) DO NOTHING
)
SELECT delivery_id FROM held;

-- name: insert_lost_attempts
-- An attempt whose lease was lost is evidence all the same.
INSERT INTO attempts (event_id, delivery_id, number, started_at, latency, status, error, response)
SELECT d.event_id, a.delivery_id, a.number, a.started_at, a.latency, a.status, a.error, a.response
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::text[])
    AS a (delivery_id, number, started_at, latency, status, error, response)
JOIN deliveries AS d USING (delivery_id)
ON CONFLICT (event_id, delivery_id, number) DO NOTHING;

-- name: owners
SELECT DISTINCT leased_by FROM deliveries_pending WHERE leased_until IS NOT NULL AND leased_by IS NOT NULL;

-- name: disown
UPDATE deliveries_pending SET leased_until = coalesce($2, now_ms())
WHERE leased_by = $1 AND leased_until IS NOT NULL;

-- name: replay
INSERT INTO deliveries_pending (delivery_id, event_id, subscription, due_at, created_at, replay_of, order_key, order_at,
                                priority)
SELECT n.delivery_id, n.event_id, n.subscription,
       CASE WHEN $8 THEN greatest(now_ms(), n.due_at - $7 + now_ms()) ELSE n.due_at END, $7, n.replay_of,
       coalesce(n.order_key, (
           SELECT d.order_key FROM deliveries AS d
           WHERE d.delivery_id = n.replay_of AND d.subscription = n.subscription
       )), e.ts, coalesce((
           SELECT d.priority FROM deliveries AS d
           WHERE d.delivery_id = n.replay_of AND d.subscription = n.subscription
       ), 0)
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
    AS n (delivery_id, event_id, subscription, due_at, replay_of, order_key)
JOIN events AS e ON e.event_id = n.event_id;

-- name: cancel
UPDATE deliveries AS d
SET state = 'cancelled', finished_at = c.now, leased_until = NULL, leased_by = NULL,
    attempts = d.attempts - c.untried::int, last_error = coalesce(c.reason, d.last_error)
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::boolean[]) AS c (delivery_id, now, reason, untried)
WHERE d.state = 'pending' AND d.delivery_id = c.delivery_id
RETURNING d.delivery_id;

-- name: pause
INSERT INTO paused (subscription, paused_at, reason) VALUES ($1, $2, $3)
ON CONFLICT (subscription) DO NOTHING;

-- name: resume
DELETE FROM paused WHERE subscription = $1;
