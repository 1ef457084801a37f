-- People: what each may do, by what they come in, and when they did last. Until now everybody could do everything, so those who are there
-- are admins. Passwords are kept as argon2id in its own text; moments as milliseconds since 1970.

ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'admin';
ALTER TABLE users ADD COLUMN password TEXT;
ALTER TABLE users ADD COLUMN last_seen_at INTEGER;

-- `by_link`: began with a link rather than a password. NULL = not known, as of a session of an earlier version.
ALTER TABLE sessions ADD COLUMN by_link INTEGER;
ALTER TABLE sessions ADD COLUMN last_seen_at INTEGER;
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN agent TEXT;
CREATE INDEX sessions_of_user ON sessions (user_name);

-- `role`: the most that it may do; NULL = all that the person may. `expires_at`: NULL = never.
ALTER TABLE api_tokens ADD COLUMN role TEXT;
ALTER TABLE api_tokens ADD COLUMN expires_at INTEGER;
ALTER TABLE api_tokens ADD COLUMN last_used_at INTEGER;
