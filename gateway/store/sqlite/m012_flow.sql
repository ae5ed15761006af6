-- What is wrong with subscriptions: who is failing, and whose circuit breaker is open, which then pauses it.
CREATE TABLE subscription_health (
    subscription TEXT PRIMARY KEY,
    failing_since INTEGER,
    failing TEXT,
    opened_at INTEGER,
    probe_at INTEGER,
    probing_until INTEGER
) WITHOUT ROWID;

-- By so many ms a delivery goes before others that are due.
ALTER TABLE deliveries ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;

-- What is due of a subscription, retries apart from what did not fail yet, so that neither is searched for the other.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (subscription, min(retries, 1), due_at - priority)
WHERE state = 'pending' AND leased_until IS NULL;

-- What began of late of subscriptions with a rate limit or a throttle, for each key, until it says nothing any more.
CREATE TABLE flow (
    subscription TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (subscription, kind, key)
) WITHOUT ROWID;
CREATE INDEX flow_by_end ON flow (ends_at);
