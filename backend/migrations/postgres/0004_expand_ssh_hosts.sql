-- Machines that are reached by SSH and given out in shares. `private_key` is sealed. Moments as milliseconds since 1970.

CREATE TABLE ssh_hosts (
    name text NOT NULL PRIMARY KEY,
    address text NOT NULL,
    jumps text NOT NULL,
    private_key text,
    engine text,
    host_keys text NOT NULL,
    added_by text NOT NULL,
    added_at bigint NOT NULL
);
