-- +goose Up
CREATE TABLE auth_credentials (
    account   TEXT   NOT NULL PRIMARY KEY,
    password  TEXT   NOT NULL, -- argon2id, PHC string
    factor    BYTEA,           -- TOTP secret, sealed; null where there is none
    last_step BIGINT NOT NULL  -- a TOTP step at or before this one was used
);

CREATE TABLE auth_sessions (
    id           TEXT   NOT NULL PRIMARY KEY,
    token_hash   TEXT   NOT NULL UNIQUE, -- SHA-256 of the token, hex
    account      TEXT   NOT NULL,
    stage        TEXT   NOT NULL, -- "full", or "factor": the password was right, the second factor is awaited
    principal    TEXT   NOT NULL, -- JSON; whoever changes the account ends its sessions
    acting_until BIGINT NOT NULL, -- end of the mandate of the company acted for; 0 is none
    device       TEXT   NOT NULL,
    began_at     BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    idle         BIGINT NOT NULL, -- microseconds without a request that end it
    ends_at      BIGINT NOT NULL
);
CREATE INDEX auth_sessions_account ON auth_sessions (account, began_at);

CREATE TABLE auth_throttle (
    subject   TEXT   NOT NULL PRIMARY KEY, -- hash of what is tried: an account name, existing or not
    failures  BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    until     BIGINT NOT NULL
);

CREATE TABLE auth_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    hash       TEXT   NOT NULL UNIQUE, -- SHA-256 of the key, hex
    hint       TEXT   NOT NULL, -- its last characters, to tell keys apart
    name       TEXT   NOT NULL,
    scopes     TEXT   NOT NULL, -- JSON list
    made_by    TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL, -- 0 is never
    revoked_at BIGINT NOT NULL, -- 0 is not
    seen_at    BIGINT NOT NULL  -- 0 is never
);
CREATE INDEX auth_keys_made ON auth_keys (made_at, id);
