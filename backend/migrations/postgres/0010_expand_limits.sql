-- Who pays for what, and limits of it. Moments are milliseconds since 1970, prices US dollars an hour.

-- A stretch is a time in which one payer pays one price for one instance; those of an instance follow one another, `number` after
-- `number`. `run_*` and `job_id` are NULL while it was idle; the run may be deleted. `to_at` is NULL while it goes on.
CREATE TABLE ledger (
    instance_id uuid NOT NULL,
    number      integer NOT NULL,
    person      text NOT NULL,
    job_id      uuid,
    run_id      uuid,
    run_name    text,
    backend     text NOT NULL,
    gpu         text NOT NULL,
    gpus        bigint NOT NULL,
    price       double precision NOT NULL,
    from_at     bigint NOT NULL,
    to_at       bigint,
    PRIMARY KEY (instance_id, number)
);
-- All that a month's sum needs, so that it is read from here alone.
CREATE INDEX ledger_open ON ledger (person, price, from_at) WHERE to_at IS NULL;
CREATE INDEX ledger_closed ON ledger (to_at, from_at, person, price) WHERE to_at IS NOT NULL;

-- Who has an instance, and what by it. `ledger_version` is the version of the row that the ledger is right for: what a server of an
-- earlier version writes, or has written before, is written up by the next sweep of one that knows of it.
ALTER TABLE instances ADD COLUMN payer text;
ALTER TABLE instances ADD COLUMN gpus bigint NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN price double precision NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN ledger_version bigint NOT NULL DEFAULT 0;
CREATE INDEX instances_held ON instances (payer, gpus, price) WHERE status <> 'terminated';
CREATE INDEX instances_unsettled ON instances (id) WHERE ledger_version <> version;

-- `kind` is project, everybody or person; NULL = as much as there is.
CREATE TABLE limits (
    kind          text NOT NULL,
    name          text NOT NULL,
    instances     bigint,
    gpus          bigint,
    usd_per_hour  double precision,
    usd_per_month double precision,
    PRIMARY KEY (kind, name)
);

-- What was told of months' money: each crossing of a limit once.
CREATE TABLE limits_crossed (
    crossing text PRIMARY KEY
);
