-- compatible: yes

-- name: events_by_name
-- The newest events of a name, and how many there are, without reading all the others.
CREATE INDEX events_by_name ON events (name, seq);
