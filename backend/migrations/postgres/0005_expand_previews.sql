-- What lets a browser look at a port of a run: a ticket, which is exchanged once, or the cookie that it is exchanged for. Each lives by
-- the session that asked for it. Secrets are kept as SHA-256 in hexadecimal; moments as milliseconds since 1970.

CREATE TABLE previews (
    digest text NOT NULL PRIMARY KEY,
    session text NOT NULL REFERENCES sessions (digest) ON DELETE CASCADE,
    run_id text NOT NULL,
    port integer NOT NULL,
    ticket boolean NOT NULL,
    expires_at bigint NOT NULL
);

CREATE INDEX previews_by_session ON previews (session);
CREATE INDEX previews_by_expiry ON previews (expires_at);
