-- +goose Up
-- The files that a version was published from, for those who edit it further.
-- The version itself says what holds.
CREATE TABLE catalog_sources (
    item    TEXT NOT NULL REFERENCES catalog_items (id),
    version BIGINT NOT NULL,
    files   TEXT NOT NULL, -- JSON: name to text
    PRIMARY KEY (item, version)
);

-- A package that somebody works on at the desk: not published, seen by no applicant.
CREATE TABLE catalog_workspaces (
    id        TEXT PRIMARY KEY,
    item      TEXT NOT NULL, -- '' until service.yaml names one
    name      TEXT NOT NULL,
    files     TEXT NOT NULL, -- JSON: name to text
    rev       BIGINT NOT NULL,
    edited_at BIGINT NOT NULL,
    edited_by TEXT NOT NULL
);

-- What the program last brought of each package: a version that the desk has
-- published since is not published over as long as the program brings the same.
CREATE TABLE catalog_shipped (
    name TEXT PRIMARY KEY, -- of the folder
    hash TEXT NOT NULL
);
