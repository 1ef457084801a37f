-- When somebody last worked in a run, milliseconds since 1970. Apart from the runs, because it changes far more often than they do.

CREATE TABLE activity (
    run_id    TEXT NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    active_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
