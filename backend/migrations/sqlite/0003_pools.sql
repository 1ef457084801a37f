-- Pools, what sweeps found, tasks that one process at a time does, and what identifies this installation.

CREATE TABLE pools (
    name       TEXT NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    is_default INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO pools (name, created_at, is_default)
VALUES ('default-pool', CAST(unixepoch('subsec') * 1000 AS INTEGER), 1);
CREATE UNIQUE INDEX pools_default ON pools (is_default) WHERE is_default = 1;

-- `state` is the orphan as JSON.
CREATE TABLE orphans (
    backend  TEXT NOT NULL,
    handle   TEXT NOT NULL,
    state    TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    gone     INTEGER NOT NULL,
    PRIMARY KEY (backend, handle)
) STRICT;
CREATE INDEX orphans_by_age ON orphans (gone, found_at);

CREATE TABLE tasks (
    name    TEXT NOT NULL PRIMARY KEY,
    owner   TEXT NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

CREATE TABLE installation (
    id TEXT NOT NULL PRIMARY KEY
) STRICT;
INSERT INTO installation (id) VALUES (
    lower(substr(hex(randomblob(4)), 1, 8) || '-' || substr(hex(randomblob(2)), 1, 4) || '-4' || substr(hex(randomblob(2)), 2, 3)
          || '-a' || substr(hex(randomblob(2)), 2, 3) || '-' || hex(randomblob(6)))
);

ALTER TABLE jobs ADD COLUMN backend TEXT GENERATED ALWAYS AS (json_extract(state, '$.backend')) VIRTUAL;
ALTER TABLE instances ADD COLUMN pool TEXT
    GENERATED ALWAYS AS (coalesce(json_extract(state, '$.instance.pool'), 'default-pool')) VIRTUAL;
CREATE INDEX instances_idle ON instances (pool, created_at) WHERE status = 'idle';
CREATE INDEX instances_of_backend ON instances (backend) WHERE status <> 'terminated';
