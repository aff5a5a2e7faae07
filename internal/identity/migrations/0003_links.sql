-- +goose Up
-- One-time links with which a member of staff sets a password.
CREATE TABLE identity_links (
    token_hash TEXT   NOT NULL PRIMARY KEY, -- SHA-256, hex
    account    TEXT   NOT NULL,
    made_by    TEXT   NOT NULL,
    ends_at    BIGINT NOT NULL
);
CREATE INDEX identity_links_account ON identity_links (account);
