CREATE TABLE backfills (
    source TEXT NOT NULL,
    account TEXT NOT NULL,
    cursor TEXT,
    busy_until INTEGER NOT NULL,
    PRIMARY KEY (source, account)
) WITHOUT ROWID
