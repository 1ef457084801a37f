-- Indexes in the order in which rows are leased, so that the first ones are found without looking at the others.

DROP INDEX runs_due;
DROP INDEX jobs_due;
DROP INDEX instances_due;
CREATE INDEX runs_due ON runs (next_due, id) WHERE next_due IS NOT NULL;
CREATE INDEX jobs_due ON jobs (next_due, id) WHERE next_due IS NOT NULL;
CREATE INDEX instances_due ON instances (next_due, id) WHERE next_due IS NOT NULL;

DROP INDEX runs_woken;
DROP INDEX jobs_woken;
DROP INDEX instances_woken;
CREATE INDEX runs_woken ON runs (next_due, id) WHERE wake = 1;
CREATE INDEX jobs_woken ON jobs (next_due, id) WHERE wake = 1;
CREATE INDEX instances_woken ON instances (next_due, id) WHERE wake = 1;

-- Who has left, or gone silent, is looked for among the few rows that are leased.
CREATE INDEX runs_leased ON runs (lease_owner) WHERE lease_owner IS NOT NULL;
CREATE INDEX jobs_leased ON jobs (lease_owner) WHERE lease_owner IS NOT NULL;
CREATE INDEX instances_leased ON instances (lease_owner) WHERE lease_owner IS NOT NULL;

-- What lists and starts look for, besides.
CREATE INDEX runs_finished ON runs (submitted_at, id) WHERE status IN ('terminated', 'failed', 'done');
CREATE INDEX jobs_active ON jobs (id) WHERE status NOT IN ('terminated', 'aborted', 'failed', 'done');
CREATE INDEX instances_of_pool ON instances (pool) WHERE status <> 'terminated';
DROP INDEX instances_of_backend;
CREATE INDEX instances_of_backend ON instances (backend, created_at, id)
    WHERE status <> 'terminated' AND json_extract(state, '$.instance.allocation') IS NOT NULL;
