-- A pool's instances in order, without looking at those of others.

DROP INDEX instances_of_pool;
CREATE INDEX instances_of_pool ON instances (pool, created_at, id) WHERE status <> 'terminated';
