-- Who pays for what, and limits of it. Moments are milliseconds since 1970, prices US dollars an hour.

-- A stretch is a time in which one payer pays one price for one instance; those of an instance follow one another, `number` after
-- `number`. `run_*` and `job_id` are NULL while it was idle; the run may be deleted. `to_at` is NULL while it goes on.
CREATE TABLE ledger (
    instance_id TEXT NOT NULL,
    number      INTEGER NOT NULL,
    person      TEXT NOT NULL,
    job_id      TEXT,
    run_id      TEXT,
    run_name    TEXT,
    backend     TEXT NOT NULL,
    gpu         TEXT NOT NULL,
    gpus        INTEGER NOT NULL,
    price       REAL NOT NULL,
    from_at     INTEGER NOT NULL,
    to_at       INTEGER,
    PRIMARY KEY (instance_id, number)
) STRICT, WITHOUT ROWID;
-- All that a month's sum needs, so that it is read from here alone.
CREATE INDEX ledger_open ON ledger (person, price, from_at) WHERE to_at IS NULL;
CREATE INDEX ledger_closed ON ledger (to_at, from_at, person, price) WHERE to_at IS NOT NULL;

-- Who has an instance, and what by it. `ledger_version` is the version of the row that the ledger is right for: instances of earlier
-- times are written up when the server begins.
ALTER TABLE instances ADD COLUMN payer TEXT;
ALTER TABLE instances ADD COLUMN gpus INTEGER NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN price REAL NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN ledger_version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX instances_held ON instances (payer, gpus, price) WHERE status <> 'terminated';
CREATE INDEX instances_unsettled ON instances (id) WHERE ledger_version <> version;

-- `kind` is project, everybody or person; NULL = as much as there is.
CREATE TABLE limits (
    kind          TEXT NOT NULL,
    name          TEXT NOT NULL,
    instances     INTEGER,
    gpus          INTEGER,
    usd_per_hour  REAL,
    usd_per_month REAL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- What was told of months' money: each crossing of a limit once.
CREATE TABLE limits_crossed (
    crossing TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
