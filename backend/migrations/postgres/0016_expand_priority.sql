-- Runs that wait for a machine and have a priority: few, and each placement asks whether there are any.

CREATE INDEX runs_in_front ON runs (project, ((state #>> '{run,priority}')::bigint) DESC, submitted_at)
    WHERE NOT finished AND (state #>> '{run,priority}')::bigint > 0;
