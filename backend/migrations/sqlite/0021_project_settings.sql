-- What the admins of a project have decided for it. Without a row everything is as it is from the start. `dialect` is the release of dstack
-- as which a text is read that is valid in several and names none.

CREATE TABLE project_settings (
    project    TEXT NOT NULL PRIMARY KEY,
    dialect    TEXT NOT NULL,
    privileged INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
