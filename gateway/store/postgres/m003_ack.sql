-- compatible: yes

-- name: answers
-- What a subscriber answered, for a provider that waits for it; kept for a day.
CREATE TABLE answers (
    delivery_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    status integer NOT NULL,
    headers text NOT NULL,
    kept_at bigint NOT NULL,
    body bytea,
    PRIMARY KEY (delivery_id, number)
);

-- name: answers_by_time
CREATE INDEX answers_by_time ON answers (kept_at);

-- name: source_watch
-- Sources that are expected to send. A silence that was told has a silent_at until it ends.
CREATE TABLE source_watch (
    source text COLLATE "C" PRIMARY KEY,
    heard_at bigint,
    counted_from bigint NOT NULL,
    watched_at bigint NOT NULL,
    silent_at bigint
) WITH (fillfactor = 50);

-- name: source_alarms
-- When it was last told that all requests of a source fail verification.
CREATE TABLE source_alarms (
    source text COLLATE "C" PRIMARY KEY,
    told_at bigint NOT NULL
);
