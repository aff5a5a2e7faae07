-- +goose Up
-- Codes that people show at a window to say who they are: for sixty seconds, once.
CREATE TABLE identity_codes (
    id         TEXT   NOT NULL PRIMARY KEY,
    account    TEXT   NOT NULL,
    code_index TEXT   NOT NULL, -- blind index
    code       BYTEA,           -- sealed; null once used or replaced
    made_at    BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    used_at    BIGINT NOT NULL, -- 0 is not
    used_by    TEXT   NOT NULL  -- account of staff
);
CREATE INDEX identity_codes_account ON identity_codes (account, made_at);
CREATE INDEX identity_codes_index ON identity_codes (code_index, expires);
