CREATE TABLE encryption_keys (
    key_id TEXT PRIMARY KEY,
    first_used_at INTEGER NOT NULL
) WITHOUT ROWID
