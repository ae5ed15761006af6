-- compatible: yes

-- name: backfills
-- How far the backfill of each source got, and until when a node is at it.
CREATE TABLE backfills (
    source text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    cursor text COLLATE "C",
    busy_until bigint NOT NULL,
    PRIMARY KEY (source, account)
);
