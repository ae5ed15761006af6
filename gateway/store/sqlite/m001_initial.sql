-- Small columns first, the large ones last: a scan then reads no overflow pages.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    ts INTEGER NOT NULL,
    v TEXT,
    received_at INTEGER NOT NULL,
    attributes TEXT NOT NULL DEFAULT '{}',
    secret INTEGER,
    remote_addr TEXT,
    request_id TEXT,
    url TEXT,
    headers TEXT,
    data TEXT NOT NULL
);
CREATE INDEX events_by_id ON events (id);

-- The raw body of a request whose events' data is not exactly that body: forms, batches.
CREATE TABLE requests (
    request_id TEXT PRIMARY KEY,
    body BLOB NOT NULL
);

-- Who came first. A key outlives its event: then it is a tombstone until its window ends. The id is NULL
-- where it is the key itself; the digest is the SHA-256 of the first event's data.
CREATE TABLE dedupe_keys (
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    event_id TEXT NOT NULL,
    id TEXT,
    digest BLOB NOT NULL,
    first_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (source, key)
) WITHOUT ROWID;
CREATE INDEX dedupe_keys_by_expiry ON dedupe_keys (expires_at);

CREATE TABLE duplicates (
    seq INTEGER PRIMARY KEY,
    duplicate_id TEXT NOT NULL UNIQUE,
    event_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    gap INTEGER NOT NULL,
    same_body INTEGER NOT NULL,
    fields TEXT NOT NULL,
    reason TEXT NOT NULL,
    secret INTEGER,
    remote_addr TEXT NOT NULL,
    headers TEXT NOT NULL
);
CREATE INDEX duplicates_by_event ON duplicates (event_id);
CREATE INDEX duplicates_by_time ON duplicates (received_at);

CREATE TABLE rejections (
    seq INTEGER PRIMARY KEY,
    rejection_id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    remote_addr TEXT NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    body_size INTEGER NOT NULL,
    body_sha256 TEXT NOT NULL,
    released_at INTEGER,
    headers TEXT NOT NULL,
    body BLOB
);
CREATE INDEX rejections_by_source ON rejections (source, seq);

CREATE TABLE rejection_counts (
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (source, reason)
) WITHOUT ROWID;

CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY,
    delivery_id TEXT NOT NULL UNIQUE,
    event_id TEXT NOT NULL,
    subscription TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'succeeded', 'dead', 'cancelled')),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    retries INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    leased_until INTEGER,
    leased_by TEXT,
    finished_at INTEGER,
    replay_of TEXT,
    last_status INTEGER,
    last_error TEXT
);
CREATE INDEX deliveries_by_event ON deliveries (event_id);
CREATE INDEX deliveries_due ON deliveries (subscription, due_at) WHERE state = 'pending' AND leased_until IS NULL;
CREATE INDEX deliveries_leased ON deliveries (leased_until) WHERE leased_until IS NOT NULL;

CREATE TABLE attempts (
    delivery_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    latency INTEGER NOT NULL,
    status INTEGER,
    error TEXT,
    response TEXT NOT NULL,
    PRIMARY KEY (delivery_id, number)
) WITHOUT ROWID;

CREATE TABLE paused (
    subscription TEXT PRIMARY KEY,
    paused_at INTEGER NOT NULL,
    reason TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
);
