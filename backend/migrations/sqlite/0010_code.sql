-- The code that people bring to runs: archives by their SHA-256, in pieces. Moments as milliseconds since 1970.

CREATE TABLE code (
    upload  TEXT PRIMARY KEY NOT NULL,
    owner   TEXT NOT NULL,
    sha256  TEXT NOT NULL,
    -- Bytes; NULL while it arrives.
    size    INTEGER,
    used_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX code_whole ON code (owner, sha256) WHERE size IS NOT NULL;
CREATE INDEX code_used ON code (used_at);

CREATE TABLE code_pieces (
    upload TEXT NOT NULL REFERENCES code (upload) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (upload, number)
) STRICT;
