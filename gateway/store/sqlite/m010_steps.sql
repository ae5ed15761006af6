-- The results of the steps that runs of functions have finished; run_id is a delivery's id.
CREATE TABLE steps (
    event_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    key TEXT NOT NULL,
    kept_at INTEGER NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (event_id, run_id, key)
);
