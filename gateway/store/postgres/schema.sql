-- name: now
SELECT now_ms();

-- name: begin_migrating
BEGIN;
SET LOCAL lock_timeout = '5s';
SET LOCAL synchronous_commit = on;

-- name: lock_migrations
-- Two nodes that start together: one migrates, the other waits here.
SELECT pg_advisory_xact_lock(hashtext('gateway.migrations'), hashtext(current_schema));

-- name: has_migrations
-- By a snapshot: what to_regclass knows may be older than a lock that was waited for.
SELECT EXISTS (
    SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = 'schema_migrations' AND n.nspname = current_schema
);

-- name: create_migrations
CREATE TABLE schema_migrations (
    name text COLLATE "C" PRIMARY KEY,
    applied_at bigint NOT NULL,
    compatible boolean NOT NULL
);

-- name: migrations
SELECT name, compatible FROM schema_migrations ORDER BY name;

-- name: record_migration
INSERT INTO schema_migrations (name, applied_at, compatible)
VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, $2);
