-- What the admins of a project have decided for it. Without a row everything is as it is from the start, which is all that a server of an
-- earlier version knows: whoever decides otherwise raises `installation.oldest`, so that no two servers read a text differently. `dialect` is
-- the release of dstack as which a text is read that is valid in several and names none.

CREATE TABLE project_settings (
    project    text COLLATE "C" PRIMARY KEY,
    dialect    text NOT NULL,
    privileged boolean NOT NULL
);
