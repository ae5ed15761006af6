-- Who did what. A place is never given twice: nobody may take an entry out and have another stand there.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    audit_id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    scope TEXT NOT NULL,
    via TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL,
    outcome TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (at);

-- Programs that follow events under a name, and how many they were handed so far.
CREATE TABLE listeners (
    name TEXT PRIMARY KEY,
    who TEXT NOT NULL,
    "to" TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    handed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE handed (
    listener TEXT NOT NULL,
    number INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (listener, number)
) WITHOUT ROWID;
