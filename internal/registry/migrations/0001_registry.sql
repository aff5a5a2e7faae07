-- +goose Up
-- Records of the registries that are built in for a demonstration.
CREATE TABLE registry_records (
    registry      TEXT  NOT NULL,
    number_index  TEXT  NOT NULL, -- blind index of the identity number or credit code
    facts         BYTEA NOT NULL, -- sealed JSON
    registered_on TEXT  NOT NULL,
    PRIMARY KEY (registry, number_index)
);

-- Registries that an administrator switched off for maintenance.
CREATE TABLE registry_switches (
    registry TEXT    NOT NULL PRIMARY KEY,
    off      BOOLEAN NOT NULL,
    reason   TEXT    NOT NULL,
    by_whom  TEXT    NOT NULL,
    at       BIGINT  NOT NULL
);
