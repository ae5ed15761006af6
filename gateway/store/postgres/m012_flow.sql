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
