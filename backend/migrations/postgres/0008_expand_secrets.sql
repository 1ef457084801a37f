-- Values that configurations name and nobody reads again. `sealed` is the value, sealed; moments as milliseconds since 1970.

CREATE TABLE secrets (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    sealed text NOT NULL,
    set_by text NOT NULL,
    set_at bigint NOT NULL
);
