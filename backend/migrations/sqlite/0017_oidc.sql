-- Single sign-on. `issuer` and `subject` together are somebody at a provider; `label` is what the provider calls them. Moments as
-- milliseconds since 1970.

CREATE TABLE oidc_identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (user_name, issuer)
) STRICT;

-- Sign-ins under way. `digest` is that of the cookie by which a browser goes on with its own. `session`: whoever is signed in by it connects
-- their account; `login_token`: digest of the invitation that is accepted.
CREATE TABLE oidc_flows (
    digest TEXT NOT NULL PRIMARY KEY,
    back_to TEXT NOT NULL,
    session TEXT REFERENCES sessions (digest) ON DELETE CASCADE,
    login_token TEXT,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX oidc_flows_expiry ON oidc_flows (expires_at);

-- Names of people who were removed. Whoever gets an account by signing in gets none of them: something may still be theirs.
CREATE TABLE former_people (
    name TEXT NOT NULL PRIMARY KEY
) STRICT;
INSERT INTO former_people
SELECT DISTINCT json_extract(state, '$.run.owner') FROM runs
WHERE json_extract(state, '$.run.owner') IS NOT NULL
  AND json_extract(state, '$.run.owner') NOT IN (SELECT name FROM users);
