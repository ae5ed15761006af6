-- What is wrong with subscriptions: who is failing, and whose circuit breaker is open, which then pauses it.
CREATE TABLE subscription_health (
    subscription TEXT PRIMARY KEY,
    failing_since INTEGER,
    failing TEXT,
    opened_at INTEGER,
    probe_at INTEGER,
    probing_until INTEGER
) WITHOUT ROWID;

-- What is due of a subscription, retries apart from what did not fail yet, so that neither is searched for the other.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (subscription, min(retries, 1), due_at)
WHERE state = 'pending' AND leased_until IS NULL;
