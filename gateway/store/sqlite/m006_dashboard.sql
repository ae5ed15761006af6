-- A source's events, newest first, and when it was last seen: among millions of others too.
CREATE INDEX events_by_source ON events (source, seq);

-- What people look for among millions that succeeded. Costs nothing until something dies.
CREATE INDEX deliveries_dead ON deliveries (seq) WHERE state = 'dead';
CREATE INDEX deliveries_died ON deliveries (finished_at) WHERE state = 'dead';
