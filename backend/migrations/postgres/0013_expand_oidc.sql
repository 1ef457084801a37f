-- Single sign-on. `issuer` and `subject` together are somebody at a provider; `label` is what the provider calls them. Moments as
-- milliseconds since 1970.

CREATE TABLE oidc_identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_name text NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    label text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (user_name, issuer)
);

-- Sign-ins under way. `digest` is that of the cookie by which a browser goes on with its own. `session`: whoever is signed in by it connects
-- their account; `login_token`: digest of the invitation that is accepted.
CREATE TABLE oidc_flows (
    digest text NOT NULL PRIMARY KEY,
    back_to text NOT NULL,
    session text REFERENCES sessions (digest) ON DELETE CASCADE,
    login_token text,
    expires_at bigint NOT NULL
);
CREATE INDEX oidc_flows_expiry ON oidc_flows (expires_at);

-- Names of people who were removed. Whoever gets an account by signing in gets none of them: something may still be theirs.
CREATE TABLE former_people (
    name text NOT NULL PRIMARY KEY
);
INSERT INTO former_people
SELECT DISTINCT state #>> '{run,owner}' FROM runs
WHERE state #>> '{run,owner}' IS NOT NULL
  AND state #>> '{run,owner}' NOT IN (SELECT name FROM users);
