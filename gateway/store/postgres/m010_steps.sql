-- compatible: yes

-- name: steps
-- The results of the steps that runs of functions have finished; run_id is a delivery's id.
CREATE TABLE steps (
    event_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    kept_at bigint NOT NULL,
    result text NOT NULL,
    PRIMARY KEY (event_id, run_id, key)
);
