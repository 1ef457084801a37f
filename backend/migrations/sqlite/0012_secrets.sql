-- Values that configurations name and nobody reads again. `sealed` is the value, sealed; moments as milliseconds since 1970.

CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    sealed TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at INTEGER NOT NULL
) STRICT;
