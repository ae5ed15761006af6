-- compatible: yes

-- name: events_by_source
-- A source's events, newest first, and when it was last seen: among millions of others too.
CREATE INDEX events_by_source ON events (source, seq);

-- name: deliveries_died
-- Costs nothing until something dies.
CREATE INDEX deliveries_died ON deliveries_finished (finished_at) WHERE state = 'dead';
