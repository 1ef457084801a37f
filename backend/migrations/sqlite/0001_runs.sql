-- Runs, jobs (one for each attempt of a run), instances and events.
--
-- `state` is the row as the machines see it, as JSON; what is searched for is generated from it, so that nothing
-- is said twice. `version` counts changes of `state`. The lease and `next_due`/`wake` belong to the loops and do
-- not touch `version`. Moments are milliseconds since 1970.

CREATE TABLE runs (
    id            TEXT PRIMARY KEY NOT NULL,
    version       INTEGER NOT NULL,
    state         TEXT NOT NULL,
    -- The text as submitted, the normalised configuration (JSON), and the submitter's values (JSON; erased when
    -- the run is finished).
    configuration TEXT NOT NULL,
    model         TEXT NOT NULL,
    variables     TEXT,
    name          TEXT NOT NULL GENERATED ALWAYS AS (json_extract(state, '$.run.name')) VIRTUAL,
    status        TEXT NOT NULL GENERATED ALWAYS AS (json_extract(state, '$.run.status')) VIRTUAL,
    submitted_at  INTEGER NOT NULL GENERATED ALWAYS AS (json_extract(state, '$.run.submitted_at')) VIRTUAL,
    lease_owner   TEXT,
    lease_token   INTEGER NOT NULL DEFAULT 0,
    lease_expires INTEGER NOT NULL DEFAULT 0,
    next_due      INTEGER,
    wake          INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX runs_active_name ON runs (name) WHERE status NOT IN ('terminated', 'failed', 'done');
CREATE INDEX runs_by_name ON runs (name, submitted_at);
CREATE INDEX runs_by_age ON runs (submitted_at, id);
CREATE INDEX runs_active ON runs (submitted_at, id) WHERE status NOT IN ('terminated', 'failed', 'done');
CREATE INDEX runs_due ON runs (next_due) WHERE next_due IS NOT NULL;
CREATE INDEX runs_woken ON runs (wake) WHERE wake = 1;

CREATE TABLE jobs (
    id            TEXT PRIMARY KEY NOT NULL,
    version       INTEGER NOT NULL,
    state         TEXT NOT NULL,
    run_id        TEXT NOT NULL GENERATED ALWAYS AS (json_extract(state, '$.run_id')) VIRTUAL,
    instance_id   TEXT GENERATED ALWAYS AS (json_extract(state, '$.instance_id')) VIRTUAL,
    status        TEXT NOT NULL GENERATED ALWAYS AS (json_extract(state, '$.status')) VIRTUAL,
    lease_owner   TEXT,
    lease_token   INTEGER NOT NULL DEFAULT 0,
    lease_expires INTEGER NOT NULL DEFAULT 0,
    next_due      INTEGER,
    wake          INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX jobs_of_run ON jobs (run_id);
CREATE INDEX jobs_on_instance ON jobs (instance_id);
CREATE INDEX jobs_due ON jobs (next_due) WHERE next_due IS NOT NULL;
CREATE INDEX jobs_woken ON jobs (wake) WHERE wake = 1;

CREATE TABLE instances (
    id            TEXT PRIMARY KEY NOT NULL,
    version       INTEGER NOT NULL,
    state         TEXT NOT NULL,
    backend       TEXT NOT NULL GENERATED ALWAYS AS (json_extract(state, '$.instance.offer.backend')) VIRTUAL,
    status        TEXT NOT NULL GENERATED ALWAYS AS (json_extract(state, '$.instance.status')) VIRTUAL,
    created_at    INTEGER NOT NULL GENERATED ALWAYS AS (json_extract(state, '$.instance.created_at')) VIRTUAL,
    lease_owner   TEXT,
    lease_token   INTEGER NOT NULL DEFAULT 0,
    lease_expires INTEGER NOT NULL DEFAULT 0,
    next_due      INTEGER,
    wake          INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX instances_active ON instances (created_at, id) WHERE status <> 'terminated';
CREATE INDEX instances_due ON instances (next_due) WHERE next_due IS NOT NULL;
CREATE INDEX instances_woken ON instances (wake) WHERE wake = 1;

-- `seq` is given out inside the writing transaction, one above the last, so that there is never a gap.
-- `after_*` is what the event left behind, as JSON.
CREATE TABLE events (
    seq            INTEGER PRIMARY KEY NOT NULL,
    run_id         TEXT,
    event          TEXT NOT NULL,
    after_run      TEXT,
    after_instance TEXT,
    deleted_run    TEXT
);
CREATE INDEX events_of_run ON events (run_id, seq) WHERE run_id IS NOT NULL;
