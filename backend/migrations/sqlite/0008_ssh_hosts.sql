-- Machines that are reached by SSH and given out in shares. `private_key` is sealed. Moments as milliseconds since 1970.

CREATE TABLE ssh_hosts (
    name TEXT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    jumps TEXT NOT NULL,
    private_key TEXT,
    engine TEXT,
    host_keys TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;
