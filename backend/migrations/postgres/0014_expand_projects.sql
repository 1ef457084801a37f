-- Projects: what a team has together. Everything until now is the first one's, `main`, and so is all that a server of an earlier version
-- writes; none may be left once there is a second project, so whoever makes that one raises `installation.oldest`. Of what other projects
-- have of secrets, webhooks and limits the names are qualified, `PROJECT/NAME`; those of `main` stand alone. Moments as milliseconds since
-- 1970.

CREATE TABLE projects (
    name       text COLLATE "C" PRIMARY KEY,
    -- NULL = it was there from the start.
    created_by text,
    created_at bigint NOT NULL
);
INSERT INTO projects (name, created_at)
SELECT 'main', coalesce(min(created_at), (extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM pools;

-- What people are in a project; what they are to the whole server counts in each besides.
CREATE TABLE members (
    project text COLLATE "C" NOT NULL REFERENCES projects (name) ON DELETE CASCADE,
    person  text NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    role    text NOT NULL,
    PRIMARY KEY (project, person)
);
CREATE INDEX members_by_person ON members (person);

ALTER TABLE runs ADD COLUMN project text COLLATE "C" NOT NULL DEFAULT 'main';
DROP INDEX runs_active_name;
DROP INDEX runs_by_name;
DROP INDEX runs_by_age;
DROP INDEX runs_active;
DROP INDEX runs_finished;
CREATE UNIQUE INDEX runs_active_name ON runs (project, name) WHERE NOT finished;
CREATE INDEX runs_by_name ON runs (project, name, finished, submitted_at DESC, arrival DESC);
CREATE INDEX runs_by_age ON runs (project, submitted_at DESC, id DESC);
CREATE INDEX runs_active ON runs (project, submitted_at DESC, id DESC) WHERE NOT finished;
CREATE INDEX runs_finished ON runs (project, submitted_at DESC, id DESC) WHERE finished;

ALTER TABLE instances ADD COLUMN project text COLLATE "C" NOT NULL DEFAULT 'main';
DROP INDEX instances_idle;
DROP INDEX instances_of_pool;
DROP INDEX instances_held;
CREATE INDEX instances_idle ON instances (project, pool, created_at, id) WHERE status = 'idle';
CREATE INDEX instances_of_pool ON instances (project, pool, created_at, id) WHERE status <> 'terminated';
CREATE INDEX instances_of_project ON instances (project, created_at, id) WHERE status <> 'terminated';
CREATE INDEX instances_held ON instances (project, payer, gpus, price) WHERE status <> 'terminated';

ALTER TABLE pools ADD COLUMN project text COLLATE "C" NOT NULL DEFAULT 'main';
ALTER TABLE pools DROP CONSTRAINT pools_pkey;
ALTER TABLE pools ADD PRIMARY KEY (project, name);
DROP INDEX pools_default;
CREATE UNIQUE INDEX pools_default ON pools (project) WHERE is_default;

ALTER TABLE ledger ADD COLUMN project text COLLATE "C" NOT NULL DEFAULT 'main';
DROP INDEX ledger_open;
DROP INDEX ledger_closed;
CREATE INDEX ledger_open ON ledger (project, person, price, from_at) WHERE to_at IS NULL;
CREATE INDEX ledger_closed ON ledger (project, to_at, from_at, person, price) WHERE to_at IS NOT NULL;
