-- Runs that wait for a machine and have a priority: few, and each placement asks whether there are any.

CREATE INDEX runs_in_front ON runs (project, json_extract(state, '$.run.priority') DESC, submitted_at)
    WHERE status IN ('submitted', 'pending') AND json_extract(state, '$.run.priority') > 0;
