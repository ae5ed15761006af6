-- compatible: yes

-- name: encryption_keys
-- The ids of the keys that bodies may be encrypted with: a node that lacks one does not start.
CREATE TABLE encryption_keys (
    key_id text COLLATE "C" PRIMARY KEY,
    first_used_at bigint NOT NULL
);
