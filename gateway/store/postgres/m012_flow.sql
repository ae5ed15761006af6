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

-- name: deliveries_due_before
DROP INDEX deliveries_due;

-- name: deliveries_due
-- What is due of a subscription, retries apart from what did not fail yet, so that neither is searched for the other.
-- Older nodes find what is due by its first column, and sort.
CREATE INDEX deliveries_due ON deliveries_pending (subscription, least(retries, 1), due_at, seq)
WHERE leased_until IS NULL;
