-- +goose Up

-- Divisions that are not in the embedded table (villages) or differ from it;
-- a row here wins.
CREATE TABLE directory_divisions (
    code       TEXT    NOT NULL PRIMARY KEY,
    parent     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    official   BOOLEAN NOT NULL,
    valid_from TEXT    NOT NULL, -- "" is not known
    valid_to   TEXT    NOT NULL, -- first day it is no longer valid; "" is open
    successor  TEXT    NOT NULL
);
CREATE INDEX directory_divisions_parent ON directory_divisions (parent, code);

CREATE TABLE directory_agencies (
    id          TEXT NOT NULL PRIMARY KEY, -- credit code, or the source's code where it has none
    division    TEXT NOT NULL,
    credit_code TEXT NOT NULL,
    name_zh     TEXT NOT NULL,
    name_en     TEXT NOT NULL,
    phone       TEXT NOT NULL,
    valid_from  TEXT NOT NULL,
    valid_to    TEXT NOT NULL
);
CREATE INDEX directory_agencies_division ON directory_agencies (division, id);

-- Codes by which sources name an agency: several, some badly formed.
CREATE TABLE directory_agency_codes (
    code   TEXT NOT NULL PRIMARY KEY,
    agency TEXT NOT NULL
);
