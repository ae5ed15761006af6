-- compatible: yes

-- name: audit
-- Who did what.
CREATE TABLE audit (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    audit_id text COLLATE "C" NOT NULL UNIQUE,
    at bigint NOT NULL,
    who text COLLATE "C" NOT NULL,
    scope text NOT NULL,
    via text NOT NULL,
    address text NOT NULL,
    action text COLLATE "C" NOT NULL,
    target text NOT NULL,
    detail text NOT NULL,
    outcome text NOT NULL
);

-- name: audit_by_time
CREATE INDEX audit_by_time ON audit (at);

-- name: listeners
-- Programs that follow events under a name, and how many they were handed so far.
CREATE TABLE listeners (
    name text COLLATE "C" PRIMARY KEY,
    who text NOT NULL,
    "to" text NOT NULL,
    seen_at bigint NOT NULL,
    handed bigint NOT NULL DEFAULT 0
);

-- name: handed
CREATE TABLE handed (
    listener text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (listener, number)
);
