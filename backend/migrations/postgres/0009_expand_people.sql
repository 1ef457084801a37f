-- People: what each may do, by what they come in, and when they did last. Until now everybody could do everything, so those who are there
-- are admins; a server of an earlier version makes no others. Passwords are kept as argon2id in its own text; moments as milliseconds since
-- 1970.

ALTER TABLE users ADD COLUMN role text NOT NULL DEFAULT 'admin';
ALTER TABLE users ADD COLUMN password text;
ALTER TABLE users ADD COLUMN last_seen_at bigint;

-- `by_link`: began with a link rather than a password. NULL = not known, as of a session of an earlier version.
ALTER TABLE sessions ADD COLUMN by_link boolean;
ALTER TABLE sessions ADD COLUMN last_seen_at bigint;
ALTER TABLE sessions ADD COLUMN address text;
ALTER TABLE sessions ADD COLUMN agent text;
CREATE INDEX sessions_of_user ON sessions (user_name);

-- `role`: the most that it may do; NULL = all that the person may. `expires_at`: NULL = never.
ALTER TABLE api_tokens ADD COLUMN role text;
ALTER TABLE api_tokens ADD COLUMN expires_at bigint;
ALTER TABLE api_tokens ADD COLUMN last_used_at bigint;
