-- Public keys by which accounts come in over SSH; a key is one account's. Moments as milliseconds since 1970.

CREATE TABLE ssh_keys (
    fingerprint text NOT NULL PRIMARY KEY,
    user_name text NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    label text NOT NULL,
    public_key text NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (user_name, label)
);
