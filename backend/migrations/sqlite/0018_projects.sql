-- Projects: what a team has together. Everything until now is the first one's, `main`. Of what other projects have of secrets, webhooks and
-- limits the names are qualified, `PROJECT/NAME`; those of `main` stand alone. Moments as milliseconds since 1970.

CREATE TABLE projects (
    name       TEXT NOT NULL PRIMARY KEY,
    -- NULL = it was there from the start.
    created_by TEXT,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO projects (name, created_at)
SELECT 'main', min(created_at) FROM (
    SELECT created_at FROM pools UNION ALL SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)
);

-- What people are in a project; what they are to the whole server counts in each besides.
CREATE TABLE members (
    project TEXT NOT NULL REFERENCES projects (name) ON DELETE CASCADE,
    person  TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    role    TEXT NOT NULL,
    PRIMARY KEY (project, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_person ON members (person);

ALTER TABLE runs ADD COLUMN project TEXT NOT NULL DEFAULT 'main';
DROP INDEX runs_active_name;
DROP INDEX runs_by_name;
DROP INDEX runs_by_age;
DROP INDEX runs_active;
DROP INDEX runs_finished;
CREATE UNIQUE INDEX runs_active_name ON runs (project, name) WHERE status NOT IN ('terminated', 'failed', 'done');
CREATE INDEX runs_by_name ON runs (project, name, submitted_at);
CREATE INDEX runs_by_age ON runs (project, submitted_at, id);
CREATE INDEX runs_active ON runs (project, submitted_at, id) WHERE status NOT IN ('terminated', 'failed', 'done');
CREATE INDEX runs_finished ON runs (project, submitted_at, id) WHERE status IN ('terminated', 'failed', 'done');

ALTER TABLE instances ADD COLUMN project TEXT NOT NULL DEFAULT 'main';
DROP INDEX instances_idle;
DROP INDEX instances_of_pool;
DROP INDEX instances_held;
CREATE INDEX instances_idle ON instances (project, pool, created_at) WHERE status = 'idle';
CREATE INDEX instances_of_pool ON instances (project, pool, created_at, id) WHERE status <> 'terminated';
CREATE INDEX instances_of_project ON instances (project, created_at, id) WHERE status <> 'terminated';
CREATE INDEX instances_held ON instances (project, payer, gpus, price) WHERE status <> 'terminated';

CREATE TABLE pools_of_projects (
    project    TEXT NOT NULL DEFAULT 'main',
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    is_default INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (project, name)
) STRICT;
INSERT INTO pools_of_projects (name, created_at, is_default) SELECT name, created_at, is_default FROM pools;
DROP TABLE pools;
ALTER TABLE pools_of_projects RENAME TO pools;
CREATE UNIQUE INDEX pools_default ON pools (project) WHERE is_default = 1;

ALTER TABLE ledger ADD COLUMN project TEXT NOT NULL DEFAULT 'main';
DROP INDEX ledger_open;
DROP INDEX ledger_closed;
CREATE INDEX ledger_open ON ledger (project, person, price, from_at) WHERE to_at IS NULL;
CREATE INDEX ledger_closed ON ledger (project, to_at, from_at, person, price) WHERE to_at IS NOT NULL;
