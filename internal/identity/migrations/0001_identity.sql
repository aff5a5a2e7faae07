-- +goose Up
CREATE TABLE identity_accounts (
    id           TEXT    NOT NULL PRIMARY KEY,
    username     TEXT    NOT NULL UNIQUE, -- lower case
    kind         TEXT    NOT NULL,        -- resident, staff
    name         TEXT    NOT NULL,
    state        TEXT    NOT NULL,        -- open, locked
    level        BIGINT  NOT NULL,        -- real-name level L0..L4
    number       BYTEA,                   -- resident identity number, sealed
    number_index TEXT    NOT NULL,        -- blind index; "" where there is no number
    phone        BYTEA,                   -- sealed
    phone_index  TEXT    NOT NULL,
    email        BYTEA,                   -- sealed
    checked_on   TEXT    NOT NULL,        -- day the facts were last checked with the population register
    acting_for   TEXT    NOT NULL,        -- company chosen last; "" is oneself
    enrolled     BOOLEAN NOT NULL,        -- the second factor was proven once
    demo         BOOLEAN NOT NULL,
    made_at      BIGINT  NOT NULL
);
CREATE INDEX identity_accounts_number ON identity_accounts (number_index);
CREATE INDEX identity_accounts_phone ON identity_accounts (phone_index);

CREATE TABLE identity_posts (
    id         TEXT NOT NULL PRIMARY KEY,
    account    TEXT NOT NULL,
    agency     TEXT NOT NULL,
    division   TEXT NOT NULL,
    title_zh   TEXT NOT NULL,
    title_en   TEXT NOT NULL,
    roles      TEXT NOT NULL, -- JSON list
    valid_from TEXT NOT NULL,
    valid_to   TEXT NOT NULL  -- last day; "" is open
);
CREATE INDEX identity_posts_account ON identity_posts (account, id);

CREATE TABLE identity_companies (
    id            TEXT NOT NULL PRIMARY KEY,
    name          TEXT NOT NULL,
    credit_code   TEXT NOT NULL UNIQUE,
    form          TEXT NOT NULL, -- kind of body: 个体工商户, ...
    status        TEXT NOT NULL, -- open, ended
    rep_name      TEXT NOT NULL, -- legal representative
    rep_account   TEXT NOT NULL, -- account of that person; "" is not known
    address       BYTEA,         -- sealed: of a sole trader it is a home often enough
    division      TEXT NOT NULL,
    scope         TEXT NOT NULL, -- business scope as registered
    registrar     TEXT NOT NULL,
    registered_on TEXT NOT NULL,
    checked_on    TEXT NOT NULL, -- day the facts were last checked with the registrar
    demo          BOOLEAN NOT NULL
);
CREATE INDEX identity_companies_rep ON identity_companies (rep_account);

CREATE TABLE identity_operators (
    id         TEXT   NOT NULL PRIMARY KEY,
    company    TEXT   NOT NULL,
    account    TEXT   NOT NULL,
    items      TEXT   NOT NULL, -- JSON list of service items; empty is all
    granted_by TEXT   NOT NULL,
    valid_from TEXT   NOT NULL,
    valid_to   TEXT   NOT NULL, -- last day; "" is open
    revoked_at BIGINT NOT NULL  -- 0 is not
);
CREATE INDEX identity_operators_account ON identity_operators (account, company);
