-- +goose Up
ALTER TABLE identity_accounts ADD COLUMN address BYTEA; -- registered address, sealed
ALTER TABLE identity_accounts ADD COLUMN division TEXT NOT NULL DEFAULT '';

-- Rights to act for a person or a company that both sides confirmed.
CREATE TABLE identity_mandates (
    id              TEXT   NOT NULL PRIMARY KEY,
    kind            TEXT   NOT NULL, -- of the principal: person, company
    principal       TEXT   NOT NULL, -- account or company
    agent           TEXT   NOT NULL, -- account
    role            TEXT   NOT NULL, -- agent, operator, administrator
    items           TEXT   NOT NULL, -- JSON list of service items; empty is all, for companies alone
    valid_from      TEXT   NOT NULL,
    valid_to        TEXT   NOT NULL, -- last day; "" is open
    state           TEXT   NOT NULL, -- waiting, active, declined, ended
    asked_by        TEXT   NOT NULL, -- principal, agent
    made_at         BIGINT NOT NULL,
    granted_by      TEXT   NOT NULL, -- account that confirmed for the principal; "" is not yet
    granted_level   BIGINT NOT NULL, -- its real-name level then
    granted_at      BIGINT NOT NULL,
    accepted_level  BIGINT NOT NULL, -- the agent's
    accepted_at     BIGINT NOT NULL,
    ended_by        TEXT   NOT NULL, -- account; "" is the last day
    ended_at        BIGINT NOT NULL
);
CREATE INDEX identity_mandates_agent ON identity_mandates (agent, id);
CREATE INDEX identity_mandates_principal ON identity_mandates (principal, id);

INSERT INTO identity_mandates (id, kind, principal, agent, role, items, valid_from, valid_to, state, asked_by, made_at,
    granted_by, granted_level, granted_at, accepted_level, accepted_at, ended_by, ended_at)
SELECT id, 'company', company, account, 'operator', items, valid_from, valid_to,
    CASE WHEN revoked_at = 0 THEN 'active' ELSE 'ended' END, 'principal', 0, granted_by, 0, 0, 0, 0, '', revoked_at
FROM identity_operators;
DROP TABLE identity_operators;

-- Children and other wards: persons without an account.
CREATE TABLE identity_wards (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    number       BYTEA,            -- sealed; null while a newborn has none
    number_index TEXT    NOT NULL,
    birth_date   TEXT    NOT NULL,
    address      BYTEA,            -- sealed
    division     TEXT    NOT NULL,
    adult        BOOLEAN NOT NULL, -- a ward of full age, by a register of guardians
    demo         BOOLEAN NOT NULL,
    made_at      BIGINT  NOT NULL
);
CREATE INDEX identity_wards_number ON identity_wards (number_index);

CREATE TABLE identity_guardians (
    id              TEXT   NOT NULL PRIMARY KEY,
    ward            TEXT   NOT NULL,
    account         TEXT   NOT NULL,
    relation        TEXT   NOT NULL, -- parent, guardian
    registry        TEXT   NOT NULL, -- that told of the relation
    checked_on      TEXT   NOT NULL, -- day on which it did
    confirmed_level BIGINT NOT NULL,
    confirmed_at    BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL, -- 0 is not
    UNIQUE (ward, account)
);
CREATE INDEX identity_guardians_account ON identity_guardians (account, id);
