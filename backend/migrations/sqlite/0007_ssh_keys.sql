-- Public keys by which accounts come in over SSH; a key is one account's. Moments as milliseconds since 1970.

CREATE TABLE ssh_keys (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    user_name TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    label TEXT NOT NULL,
    public_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (user_name, label)
) STRICT;
