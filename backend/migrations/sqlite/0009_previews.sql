-- What lets a browser look at a port of a run: a ticket, which is exchanged once, or the cookie that it is exchanged for. Each lives by
-- the session that asked for it. Secrets are kept as SHA-256 in hexadecimal; moments as milliseconds since 1970.

CREATE TABLE previews (
    digest TEXT NOT NULL PRIMARY KEY,
    session TEXT NOT NULL REFERENCES sessions (digest) ON DELETE CASCADE,
    run_id TEXT NOT NULL,
    port INTEGER NOT NULL,
    ticket INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX previews_by_session ON previews (session);
CREATE INDEX previews_by_expiry ON previews (expires_at);
