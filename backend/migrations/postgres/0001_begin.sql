-- Runs, jobs (one for each attempt of a run), instances, who works on them, events, accounts.
--
-- `state` is the row as the machines see it; what is searched for is generated from it, so that nothing is said twice, and
-- so that a server of an older version fills in columns that it does not know. `version` counts changes of `state`;
-- `format` is that of the Berth that wrote it. Moments are milliseconds since 1970, except where PostgreSQL's own clock is
-- what counts. The rules for further migrations are in docs/adr/0009.

CREATE TABLE runs (
    id            uuid PRIMARY KEY,
    -- In which order they came: of two of one name in one millisecond the later one is the newer.
    arrival       bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    version       bigint NOT NULL,
    format        integer NOT NULL,
    state         jsonb NOT NULL,
    -- The text as submitted, the normalised configuration (JSON), and the submitter's values (JSON; erased when the run is
    -- finished).
    configuration text NOT NULL,
    model         text NOT NULL,
    variables     text,
    job_id        uuid NOT NULL GENERATED ALWAYS AS ((state ->> 'job_id')::uuid) STORED,
    name          text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state #>> '{run,name}') STORED,
    submitted_at  bigint NOT NULL GENERATED ALWAYS AS ((state #>> '{run,submitted_at}')::bigint) STORED,
    finished      boolean NOT NULL
                  GENERATED ALWAYS AS ((state #>> '{run,status}') IN ('terminated', 'failed', 'done')) STORED
);
CREATE UNIQUE INDEX runs_active_name ON runs (name) WHERE NOT finished;
CREATE INDEX runs_by_name ON runs (name, finished, submitted_at DESC, arrival DESC);
CREATE INDEX runs_by_age ON runs (submitted_at DESC, id DESC);
CREATE INDEX runs_active ON runs (submitted_at DESC, id DESC) WHERE NOT finished;
CREATE INDEX runs_finished ON runs (submitted_at DESC, id DESC) WHERE finished;

CREATE TABLE jobs (
    id          uuid PRIMARY KEY,
    version     bigint NOT NULL,
    format      integer NOT NULL,
    state       jsonb NOT NULL,
    run_id      uuid NOT NULL GENERATED ALWAYS AS ((state ->> 'run_id')::uuid) STORED,
    instance_id uuid GENERATED ALWAYS AS ((state ->> 'instance_id')::uuid) STORED
);
CREATE INDEX jobs_of_run ON jobs (run_id);
CREATE INDEX jobs_on_instance ON jobs (instance_id) WHERE instance_id IS NOT NULL;

CREATE TABLE instances (
    id         uuid PRIMARY KEY,
    version    bigint NOT NULL,
    format     integer NOT NULL,
    state      jsonb NOT NULL,
    backend    text NOT NULL GENERATED ALWAYS AS (state #>> '{instance,offer,backend}') STORED,
    status     text NOT NULL GENERATED ALWAYS AS (state #>> '{instance,status}') STORED,
    created_at bigint NOT NULL GENERATED ALWAYS AS ((state #>> '{instance,created_at}')::bigint) STORED,
    pool       text NOT NULL
               GENERATED ALWAYS AS (coalesce(state #>> '{instance,pool}', 'default-pool')) STORED
);
CREATE INDEX instances_active ON instances (created_at, id) WHERE status <> 'terminated';
CREATE INDEX instances_idle ON instances (pool, created_at, id) WHERE status = 'idle';
CREATE INDEX instances_of_backend ON instances (backend, created_at, id)
    WHERE status <> 'terminated' AND jsonb_typeof(state #> '{instance,allocation}') <> 'null';
CREATE INDEX instances_of_pool ON instances (pool) WHERE status <> 'terminated';

-- Who works on which row, and when it is due. Apart from the rows, because it changes far more often than they do; its row
-- is the lock of the row it is about. `queue` 0 = runs, 1 = jobs, 2 = instances.
CREATE TABLE work (
    id            uuid PRIMARY KEY,
    queue         smallint NOT NULL,
    -- Only a process that reaches it works on the row; NULL = everybody does.
    backend       text,
    is_over       boolean NOT NULL,
    lease_owner   text,
    lease_token   bigint NOT NULL DEFAULT 0,
    lease_expires bigint NOT NULL DEFAULT 0,
    next_due      bigint,
    wake          boolean NOT NULL DEFAULT true
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
CREATE INDEX work_woken ON work (queue, next_due NULLS FIRST, id) WHERE wake;
CREATE INDEX work_due ON work (queue, next_due, id) WHERE next_due IS NOT NULL;
CREATE INDEX work_leased ON work (lease_owner) WHERE lease_owner IS NOT NULL;

-- `seq` is given out inside the writing transaction from `event_counter`, one above the last, so that there is never a gap;
-- whoever has the counter's row is the only one that commits. `after_*` is what the event left behind, as JSON.
CREATE TABLE events (
    seq            bigint PRIMARY KEY,
    at             bigint NOT NULL,
    run_id         uuid,
    instance_id    uuid,
    event          text NOT NULL,
    after_run      text,
    after_instance text,
    deleted_run    uuid
);
CREATE INDEX events_of_run ON events (run_id, seq) WHERE run_id IS NOT NULL;
CREATE TABLE event_counter (seq bigint NOT NULL) WITH (fillfactor = 10);
INSERT INTO event_counter (seq) VALUES (0);

CREATE TABLE pools (
    name       text COLLATE "C" PRIMARY KEY,
    created_at bigint NOT NULL,
    is_default boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX pools_default ON pools (is_default) WHERE is_default;
INSERT INTO pools (name, created_at, is_default)
VALUES ('default-pool', (extract(epoch FROM clock_timestamp()) * 1000)::bigint, true);

-- `state` is the orphan as JSON.
CREATE TABLE orphans (
    backend  text NOT NULL,
    handle   text NOT NULL,
    state    text NOT NULL,
    found_at bigint NOT NULL,
    gone     boolean NOT NULL,
    PRIMARY KEY (backend, handle)
);
CREATE INDEX orphans_by_age ON orphans (gone, found_at DESC);

CREATE TABLE tasks (
    name    text PRIMARY KEY,
    owner   text NOT NULL,
    expires bigint NOT NULL
);

-- Processes that work on this database, and the newest migration that each knows.
CREATE TABLE replicas (
    owner    text PRIMARY KEY,
    heard_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    knows    bigint NOT NULL
);

CREATE TABLE installation (
    id     uuid NOT NULL,
    -- The newest migration that a server must know to work on this database: raised by migrations that take something away.
    oldest bigint NOT NULL
);
INSERT INTO installation (id, oldest) VALUES (gen_random_uuid(), 1);

-- Logs of runs whose environment is gone: records as the log files have them, at the offsets they had there.
CREATE TABLE log_chunks (
    run_id      uuid NOT NULL,
    start       bigint NOT NULL,
    next_offset bigint NOT NULL,
    records     bytea NOT NULL,
    PRIMARY KEY (run_id, start)
);

-- Who may come in. Secrets are kept as SHA-256 in hexadecimal.
CREATE TABLE users (
    name       text PRIMARY KEY,
    created_at bigint NOT NULL
);
CREATE TABLE login_tokens (
    digest     text PRIMARY KEY,
    user_name  text NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at    bigint
);
CREATE TABLE sessions (
    digest     text PRIMARY KEY,
    user_name  text NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE TABLE api_tokens (
    digest     text PRIMARY KEY,
    user_name  text NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    label      text NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (user_name, label)
);
-- Sessions that somebody has ended lately, for servers that missed it when it was told.
CREATE TABLE ended_sessions (
    digest   text PRIMARY KEY,
    ended_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ended_sessions_by_age ON ended_sessions (ended_at);
