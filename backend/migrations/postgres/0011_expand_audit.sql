-- Who did what, from where, and when: written once, and never changed. `hash` is SHA-256 in hexadecimal of the entry and of the hash before
-- it (`docs/audit.md`). `seq` counts without a gap; `at` in milliseconds since 1970.

CREATE TABLE audit (
    seq     bigint NOT NULL PRIMARY KEY,
    at      bigint NOT NULL,
    actor   text,
    via     text NOT NULL,
    address text,
    action  text NOT NULL,
    target  text,
    outcome text NOT NULL,
    detail  text,
    hash    text NOT NULL
);

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the audit log are never changed or deleted';
END $$;

CREATE FUNCTION audit_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit) THEN
        RAISE EXCEPTION 'the audit log goes on at its end';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
-- So that nothing is put between others either.
CREATE TRIGGER audit_goes_on_at_its_end BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_goes_on();
