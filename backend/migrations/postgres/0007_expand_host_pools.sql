-- The pool whose runs use a host; NULL is the one that is the default then.

ALTER TABLE ssh_hosts ADD COLUMN pool text;
