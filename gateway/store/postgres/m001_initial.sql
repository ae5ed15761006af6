-- compatible: yes

-- name: now_ms
-- The database's clock: nodes differ by minutes, and a lease must not.
CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT (extract(epoch FROM statement_timestamp()) * 1000)::bigint $$;

-- name: events_seq
CREATE SEQUENCE events_seq;

-- name: events
-- One partition a day, by the time in the id: retention drops a day, and old rows slow nothing down.
CREATE TABLE events (
    seq bigint NOT NULL DEFAULT nextval('events_seq'),
    event_id text COLLATE "C" PRIMARY KEY,
    id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    ts bigint NOT NULL,
    v text,
    received_at bigint NOT NULL,
    attributes text NOT NULL DEFAULT '{}',
    secret integer,
    remote_addr text,
    request_id text COLLATE "C",
    url text,
    headers text,
    data text NOT NULL
) PARTITION BY RANGE (event_id);

-- name: events_by_id
-- An index entry has less than 2.7 kB; an id may be longer.
CREATE INDEX events_by_id ON events (left(id, 255));

-- name: events_by_seq
CREATE INDEX events_by_seq ON events (seq);

-- name: requests
-- The raw body of a request whose events' data is not exactly that body: forms, batches. The moment is what
-- its events' ids begin with, ten characters of time: it leads from an event to the partition.
CREATE TABLE requests (
    moment text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (moment, request_id)
) PARTITION BY RANGE (moment);

-- name: dedupe_keys
-- Who came first. A key outlives its event: then it is a tombstone until its window ends. The id is NULL
-- where it is the key itself; the digest is the SHA-256 of the first event's data.
CREATE TABLE dedupe_keys (
    source text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    id text COLLATE "C",
    digest bytea NOT NULL,
    first_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (source, key)
) WITH (autovacuum_vacuum_scale_factor = 0.02);

-- name: dedupe_keys_by_expiry
CREATE INDEX dedupe_keys_by_expiry ON dedupe_keys (expires_at);

-- name: duplicates
CREATE TABLE duplicates (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    duplicate_id text COLLATE "C" NOT NULL UNIQUE,
    event_id text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    received_at bigint NOT NULL,
    gap bigint NOT NULL,
    same_body boolean NOT NULL,
    fields text NOT NULL,
    reason text NOT NULL,
    secret integer,
    remote_addr text NOT NULL,
    headers text NOT NULL
);

-- name: duplicates_by_event
CREATE INDEX duplicates_by_event ON duplicates (event_id);

-- name: duplicates_by_time
CREATE INDEX duplicates_by_time ON duplicates (received_at);

-- name: rejections
CREATE TABLE rejections (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rejection_id text COLLATE "C" NOT NULL UNIQUE,
    source text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    received_at bigint NOT NULL,
    remote_addr text NOT NULL,
    method text NOT NULL,
    url text NOT NULL,
    body_size bigint NOT NULL,
    body_sha256 text NOT NULL,
    released_at bigint,
    headers text NOT NULL,
    body bytea
);

-- name: rejections_by_source
CREATE INDEX rejections_by_source ON rejections (source, seq);

-- name: rejections_by_time
CREATE INDEX rejections_by_time ON rejections (received_at);

-- name: rejection_counts
CREATE TABLE rejection_counts (
    source text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL,
    PRIMARY KEY (source, reason)
) WITH (fillfactor = 50);

-- name: deliveries_seq
CREATE SEQUENCE deliveries_seq;

-- name: deliveries
-- What is pending lies in one small table, where a claim finds it at the same cost however much is finished.
-- A delivery that ends moves, by its state, to the day of its event, where nothing is ever changed.
CREATE TABLE deliveries (
    seq bigint NOT NULL DEFAULT nextval('deliveries_seq'),
    delivery_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    subscription text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL DEFAULT 'pending',
    due_at bigint NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    retries integer NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    leased_until bigint,
    leased_by text,
    finished_at bigint,
    replay_of text,
    last_status integer,
    last_error text
) PARTITION BY LIST (state);

-- name: deliveries_pending
-- Every delivery is changed and leaves: vacuum takes away often and at once what that leaves behind.
CREATE TABLE deliveries_pending PARTITION OF deliveries (PRIMARY KEY (delivery_id)) FOR VALUES IN ('pending')
WITH (
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.05
);

-- name: deliveries_pending_by_event
CREATE INDEX deliveries_pending_by_event ON deliveries_pending (event_id);

-- name: deliveries_pending_by_seq
CREATE INDEX deliveries_pending_by_seq ON deliveries_pending (seq);

-- name: deliveries_due
CREATE INDEX deliveries_due ON deliveries_pending (subscription, due_at, seq) WHERE leased_until IS NULL;

-- name: deliveries_leased
CREATE INDEX deliveries_leased ON deliveries_pending (leased_until) WHERE leased_until IS NOT NULL;

-- name: deliveries_finished
CREATE TABLE deliveries_finished PARTITION OF deliveries FOR VALUES IN ('succeeded', 'dead', 'cancelled')
PARTITION BY RANGE (event_id);

-- name: deliveries_finished_by_delivery
CREATE INDEX deliveries_finished_by_delivery ON deliveries_finished (delivery_id);

-- name: deliveries_finished_by_event
CREATE INDEX deliveries_finished_by_event ON deliveries_finished (event_id);

-- name: deliveries_finished_by_seq
CREATE INDEX deliveries_finished_by_seq ON deliveries_finished (seq);

-- name: deliveries_failed_by_seq
-- What people look for among millions that succeeded.
CREATE INDEX deliveries_failed_by_seq ON deliveries_finished (seq) WHERE state <> 'succeeded';

-- name: attempts
CREATE TABLE attempts (
    event_id text COLLATE "C" NOT NULL,
    delivery_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    started_at bigint NOT NULL,
    latency bigint NOT NULL,
    status integer,
    error text,
    response text NOT NULL,
    PRIMARY KEY (event_id, delivery_id, number)
) PARTITION BY RANGE (event_id);

-- name: paused
CREATE TABLE paused (
    subscription text COLLATE "C" PRIMARY KEY,
    paused_at bigint NOT NULL,
    reason text NOT NULL
);

-- name: heartbeat
CREATE TABLE heartbeat (
    id integer PRIMARY KEY CHECK (id = 1),
    at bigint NOT NULL
) WITH (fillfactor = 50);

-- name: by_day
CREATE FUNCTION by_day() RETURNS text[] LANGUAGE sql IMMUTABLE AS
$$ SELECT ARRAY['attempts', 'deliveries_finished', 'requests', 'events'] $$;

-- name: add_day
-- Makes the partitions of a day (20270115) for ids from `low` up to `high`. A partition is made apart and then
-- attached, which stops nobody from reading or writing the others.
CREATE FUNCTION add_day(day text, low text, high text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    child text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('gateway.days'), hashtext(current_schema));
    FOREACH parent IN ARRAY by_day() LOOP
        child := parent || '_' || day;
        IF NOT EXISTS (
            SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relname = child AND n.nspname = current_schema
        ) THEN
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
            EXECUTE format('ALTER TABLE %I SET (toast_tuple_target = 8160)', child);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           parent, child, low, high);
        END IF;
    END LOOP;
END $$;

-- name: drop_day
-- Drops one partition of a day, a table at a time, so that nobody ever waits for more than one lock.
CREATE FUNCTION drop_day(parent text, day text) RETURNS void LANGUAGE plpgsql AS
$$ BEGIN EXECUTE format('DROP TABLE IF EXISTS %I', parent || '_' || day); END $$;

-- name: count_day
-- How many events a day has: exactly where that is quick, else as the last vacuum counted them.
CREATE FUNCTION count_day(day text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    child regclass := quote_ident('events_' || day)::regclass;
    counted bigint;
BEGIN
    SELECT reltuples INTO counted FROM pg_class WHERE oid = child AND pg_relation_size(child) > 100000000;
    IF counted IS NULL OR counted < 0 THEN
        EXECUTE format('SELECT count(*) FROM %s', child) INTO counted;
    END IF;
    RETURN counted;
END $$;
