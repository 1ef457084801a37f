-- Addresses that are told of what happens. `sealed` holds the address and the key of its signatures; `shown` is the address without what may
-- be secret in it; `kinds` are words with commas between them. Moments as milliseconds since 1970.

CREATE TABLE webhooks (
    name     text COLLATE "C" NOT NULL PRIMARY KEY,
    shown    text NOT NULL,
    sealed   text NOT NULL,
    kinds    text NOT NULL,
    added_by text NOT NULL,
    added_at bigint NOT NULL
);

-- `next_at`: when it is tried again; NULL = it arrived, or was given up. `body` is what is sent, to the letter.
CREATE TABLE deliveries (
    webhook      text COLLATE "C" NOT NULL REFERENCES webhooks (name) ON DELETE CASCADE,
    id           text NOT NULL,
    kind         text NOT NULL,
    at           bigint NOT NULL,
    body         text NOT NULL,
    attempts     bigint NOT NULL,
    delivered_at bigint,
    next_at      bigint,
    error        text,
    PRIMARY KEY (webhook, id)
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_by_age ON deliveries (webhook, at);

-- The last event that has become deliveries.
CREATE TABLE webhook_cursor (seq bigint NOT NULL);
INSERT INTO webhook_cursor (seq) SELECT seq FROM event_counter;
