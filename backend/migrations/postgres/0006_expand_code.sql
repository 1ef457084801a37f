-- The code that people bring to runs: archives by their SHA-256, in pieces. Moments as milliseconds since 1970.

CREATE TABLE code (
    upload  uuid PRIMARY KEY,
    owner   text COLLATE "C" NOT NULL,
    sha256  text COLLATE "C" NOT NULL,
    -- Bytes; NULL while it arrives.
    size    bigint,
    used_at bigint NOT NULL
);
CREATE UNIQUE INDEX code_whole ON code (owner, sha256) WHERE size IS NOT NULL;
CREATE INDEX code_used ON code (used_at);

CREATE TABLE code_pieces (
    upload uuid NOT NULL REFERENCES code (upload) ON DELETE CASCADE,
    number integer NOT NULL,
    bytes  bytea NOT NULL,
    PRIMARY KEY (upload, number)
);
-- It is compressed already.
ALTER TABLE code_pieces ALTER COLUMN bytes SET STORAGE EXTERNAL;
