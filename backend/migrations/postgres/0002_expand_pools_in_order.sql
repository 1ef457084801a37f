-- A pool's instances in order, without looking at those of others. Not CONCURRENTLY: few rows are in it, and servers that start
-- at the same time would wait for each other in a circle.

DROP INDEX instances_of_pool;
CREATE INDEX instances_of_pool ON instances (pool, created_at, id) WHERE status <> 'terminated';
