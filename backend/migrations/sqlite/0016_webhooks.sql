-- Addresses that are told of what happens. `sealed` holds the address and the key of its signatures; `shown` is the address without what may
-- be secret in it; `kinds` are words with commas between them. Moments as milliseconds since 1970.

CREATE TABLE webhooks (
    name     TEXT NOT NULL PRIMARY KEY,
    shown    TEXT NOT NULL,
    sealed   TEXT NOT NULL,
    kinds    TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;

-- `next_at`: when it is tried again; NULL = it arrived, or was given up. `body` is what is sent, to the letter.
CREATE TABLE deliveries (
    webhook      TEXT NOT NULL REFERENCES webhooks (name) ON DELETE CASCADE,
    id           TEXT NOT NULL,
    kind         TEXT NOT NULL,
    at           INTEGER NOT NULL,
    body         TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    delivered_at INTEGER,
    next_at      INTEGER,
    error        TEXT,
    PRIMARY KEY (webhook, id)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_by_age ON deliveries (webhook, at);

-- The last event that has become deliveries.
CREATE TABLE webhook_cursor (seq INTEGER NOT NULL) STRICT;
INSERT INTO webhook_cursor (seq) SELECT coalesce(max(seq), 0) FROM events;
