-- +goose Up
CREATE TABLE licence_licences (
    id          TEXT PRIMARY KEY,
    case_id     TEXT NOT NULL UNIQUE,   -- a case grants one licence
    case_number TEXT NOT NULL,
    item        TEXT NOT NULL,
    type_code   TEXT NOT NULL,
    name        TEXT NOT NULL,          -- JSON text in both languages
    prefix      TEXT NOT NULL,
    number      TEXT NOT NULL,          -- '' until the sheet is made
    identifier  TEXT NOT NULL UNIQUE,
    code        TEXT NOT NULL UNIQUE,   -- verification code, 130 random bits
    holder_kind TEXT NOT NULL,
    holder      TEXT NOT NULL,
    holder_name TEXT NOT NULL,
    holder_code TEXT NOT NULL,
    agency      TEXT NOT NULL,
    agency_name TEXT NOT NULL,          -- JSON text in both languages
    division    TEXT NOT NULL,
    face        BYTEA NOT NULL,         -- sealed JSON
    valid_from  TEXT NOT NULL,
    valid_to    TEXT NOT NULL,
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,          -- of the state, for those who verify
    basis       TEXT NOT NULL,          -- article of law the change of state rests on
    changed_at  BIGINT NOT NULL,
    granted_at  BIGINT NOT NULL,
    blob        TEXT NOT NULL,          -- '' until signed
    size        BIGINT NOT NULL
);
CREATE INDEX licence_licences_holder ON licence_licences (holder, id);
CREATE INDEX licence_licences_agency ON licence_licences (agency, id);
CREATE INDEX licence_licences_number ON licence_licences (number) WHERE number <> '';
CREATE INDEX licence_licences_blob ON licence_licences (blob) WHERE blob <> '';

-- The last serial of printed numbers, by prefix and year.
CREATE TABLE licence_serials (
    prefix TEXT NOT NULL,
    year   BIGINT NOT NULL,
    last   BIGINT NOT NULL,
    PRIMARY KEY (prefix, year)
);

-- Who used a licence, for its holder to read. Uses of one kind by the same one
-- within a minute are one row with a count.
CREATE TABLE licence_uses (
    id      TEXT PRIMARY KEY,
    licence TEXT NOT NULL REFERENCES licence_licences (id),
    kind    TEXT NOT NULL,
    channel TEXT NOT NULL,
    actor   TEXT NOT NULL,   -- account, or '' for the public
    who     TEXT NOT NULL,   -- post or agency, never the name of a resident
    minute  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    n       BIGINT NOT NULL,
    UNIQUE (licence, kind, channel, actor, minute)
);
CREATE INDEX licence_uses_latest ON licence_uses (licence, id);
