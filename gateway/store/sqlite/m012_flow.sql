-- What is wrong with subscriptions: who is failing, and whose circuit breaker is open, which then pauses it.
CREATE TABLE subscription_health (
    subscription TEXT PRIMARY KEY,
    failing_since INTEGER,
    failing TEXT,
    opened_at INTEGER,
    probe_at INTEGER,
    probing_until INTEGER
) WITHOUT ROWID;
