-- What a subscriber answered, for a provider that waits for it; kept for a day.
CREATE TABLE answers (
    delivery_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    kept_at INTEGER NOT NULL,
    body BLOB,
    PRIMARY KEY (delivery_id, number)
);
CREATE INDEX answers_by_time ON answers (kept_at);

-- Sources that are expected to send. A silence that was told has a silent_at until it ends.
CREATE TABLE source_watch (
    source TEXT PRIMARY KEY,
    heard_at INTEGER,
    counted_from INTEGER NOT NULL,
    watched_at INTEGER NOT NULL,
    silent_at INTEGER
) WITHOUT ROWID;

-- When it was last told that all requests of a source fail verification.
CREATE TABLE source_alarms (
    source TEXT PRIMARY KEY,
    told_at INTEGER NOT NULL
) WITHOUT ROWID;
