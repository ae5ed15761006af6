-- name: deliveries_waits
-- Counts what became of a delivery's waits: one for each that was opened or resolved. 0: it never had any. One
-- that waits is parked: leased to nobody, for ever (8000000000000000), which the other indexes leave out.
ALTER TABLE deliveries ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;

-- name: waits
-- What came after `opened_after`, a seq of events, counts; NULL: after the delivery's own event. The topic is the
-- name, or where `is_pattern` the regular expression of the names, that is waited for.
CREATE TABLE waits (
    seq INTEGER PRIMARY KEY,
    delivery_id TEXT NOT NULL,
    step TEXT NOT NULL,
    event_id TEXT NOT NULL,
    subscription TEXT NOT NULL,
    is_pattern INTEGER NOT NULL,
    topic TEXT NOT NULL,
    patterns TEXT NOT NULL,
    match TEXT NOT NULL,
    path TEXT NOT NULL,
    key TEXT NOT NULL,
    ends INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'matched', 'timeout')),
    opened_after INTEGER,
    opened_at INTEGER NOT NULL,
    until INTEGER,
    resolved_at INTEGER,
    async_id TEXT,
    UNIQUE (delivery_id, step)
);

-- name: waits_open
CREATE INDEX waits_open ON waits (is_pattern, topic, path, key, seq) WHERE state = 'open';

-- name: waits_until
CREATE INDEX waits_until ON waits (until) WHERE state = 'open' AND until IS NOT NULL;

-- name: waits_of_event
CREATE INDEX waits_of_event ON waits (event_id);

-- name: waits_condemning
CREATE INDEX waits_condemning ON waits (seq) WHERE ends AND state = 'matched';

-- name: waits_for
CREATE INDEX waits_for ON waits (async_id) WHERE async_id IS NOT NULL;

-- name: arrivals
-- Events that open waits may be for, until a follower has looked at all of these; the cursor is the last wait that
-- was looked at.
CREATE TABLE arrivals (
    seq INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    name TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    cursor INTEGER NOT NULL DEFAULT 0
);

-- name: end_waits
-- A delivery that ends waits for nothing any more.
CREATE TRIGGER deliveries_end_waits AFTER UPDATE OF state ON deliveries
WHEN OLD.waits > 0 AND NEW.state <> 'pending'
BEGIN
    DELETE FROM waits WHERE delivery_id = OLD.delivery_id AND state = 'open';
END;

-- name: park_condemned
-- One that was to be cancelled during its attempt gets no other.
CREATE TRIGGER deliveries_park_condemned AFTER UPDATE OF leased_by ON deliveries
WHEN OLD.waits > 0 AND OLD.leased_by IS NOT NULL AND NEW.leased_by IS NULL AND NEW.state = 'pending'
    AND EXISTS (SELECT 1 FROM waits WHERE delivery_id = OLD.delivery_id AND ends AND state = 'matched')
BEGIN
    UPDATE deliveries SET leased_until = 8000000000000000 WHERE seq = OLD.seq;
END;
