-- compatible: yes

-- name: subscription_health
-- What is wrong with subscriptions: who is failing, and whose circuit breaker is open, which then pauses it.
CREATE TABLE subscription_health (
    subscription text COLLATE "C" PRIMARY KEY,
    failing_since bigint,
    failing text,
    opened_at bigint,
    probe_at bigint,
    probing_until bigint
);

-- name: priority
-- By so many ms a delivery goes before others that are due.
ALTER TABLE deliveries ADD COLUMN priority integer NOT NULL DEFAULT 0;

-- name: deliveries_due_before
DROP INDEX deliveries_due;

-- name: deliveries_due
-- What is due of a subscription, retries apart from what did not fail yet, so that neither is searched for the other.
-- Older nodes find what is due by its first column, and sort.
CREATE INDEX deliveries_due ON deliveries_pending (subscription, least(retries, 1), (due_at - priority), seq)
WHERE leased_until IS NULL;

-- name: flow
-- What began of late of subscriptions with a rate limit or a throttle, for each key, until it says nothing any more.
CREATE TABLE flow (
    subscription text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    state text NOT NULL,
    ends_at bigint NOT NULL,
    PRIMARY KEY (subscription, kind, key)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);

-- name: flow_by_end
CREATE INDEX flow_by_end ON flow (ends_at);

-- name: lock_flow
-- Of one subscription one node at a time counts what begins.
CREATE FUNCTION lock_flow(subscription text) RETURNS void LANGUAGE sql AS
$$ SELECT pg_advisory_xact_lock(hashtext('gateway.flow.' || current_schema), hashtext(subscription)) $$;
