-- Whether an event's run or instance is over is looked up among the few that are not, without reading their rows.

CREATE INDEX runs_active_id ON runs (id) WHERE status NOT IN ('terminated', 'failed', 'done');
CREATE INDEX instances_active_id ON instances (id) WHERE status <> 'terminated';
