-- +goose Up
-- A change or a renewal makes a new version of a licence; only one can follow.
ALTER TABLE licence_licences ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE licence_licences ADD COLUMN effect TEXT NOT NULL DEFAULT 'issue';  -- issue, change, renew
ALTER TABLE licence_licences ADD COLUMN root TEXT NOT NULL DEFAULT '';         -- first version
ALTER TABLE licence_licences ADD COLUMN prior TEXT NOT NULL DEFAULT '';        -- version it came from
ALTER TABLE licence_licences ADD COLUMN next TEXT NOT NULL DEFAULT '';         -- version that follows
ALTER TABLE licence_licences ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';     -- case that cancelled it
ALTER TABLE licence_licences ADD COLUMN renewed_at BIGINT NOT NULL DEFAULT 0;  -- the renewed sheet was signed
-- A renewal that was applied for (Licensing Law art. 50).
ALTER TABLE licence_licences ADD COLUMN renewal_case TEXT NOT NULL DEFAULT '';
ALTER TABLE licence_licences ADD COLUMN renewal_applied TEXT NOT NULL DEFAULT ''; -- day
ALTER TABLE licence_licences ADD COLUMN renewal_ended TEXT NOT NULL DEFAULT '';   -- day it was decided against
UPDATE licence_licences SET root = id;
CREATE INDEX licence_licences_root ON licence_licences (root, version);
CREATE INDEX licence_licences_ended ON licence_licences (ended_by) WHERE ended_by <> '';
CREATE INDEX licence_licences_renewal ON licence_licences (renewal_case) WHERE renewal_case <> '';

-- Codes that a holder shows: single use, for a minute at most. Only their hash
-- is kept.
CREATE TABLE licence_codes (
    hash    TEXT PRIMARY KEY,
    licence TEXT NOT NULL,
    scope   TEXT NOT NULL,   -- minimum, face
    expires BIGINT NOT NULL,
    used    BIGINT NOT NULL  -- 0 until then
);
CREATE INDEX licence_codes_expiry ON licence_codes (licence, expires);

-- Annotated copies (加注件) that holders made.
CREATE TABLE licence_copies (
    id        TEXT PRIMARY KEY,
    licence   TEXT NOT NULL REFERENCES licence_licences (id),
    account   TEXT NOT NULL,   -- who made it
    code      TEXT NOT NULL UNIQUE,
    purpose   BYTEA NOT NULL,  -- sealed
    recipient BYTEA NOT NULL,  -- sealed
    valid_to  TEXT NOT NULL,   -- last day
    made_at   BIGINT NOT NULL,
    ended_at  BIGINT NOT NULL, -- 0 while it counts
    blob      TEXT NOT NULL,
    size      BIGINT NOT NULL
);
CREATE INDEX licence_copies_licence ON licence_copies (licence, id);
CREATE INDEX licence_copies_blob ON licence_copies (blob);
