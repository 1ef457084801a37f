-- When somebody last worked in a run, milliseconds since 1970. Apart from the runs, because it changes far more often than they do.

CREATE TABLE activity (
    run_id    uuid PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    active_at bigint NOT NULL
) WITH (fillfactor = 50);
