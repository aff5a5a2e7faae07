-- +goose Up
CREATE TABLE catalog_items (
    id         TEXT PRIMARY KEY,
    seq        BIGINT NOT NULL,
    department TEXT NOT NULL,
    dept_code  TEXT NOT NULL,
    type       TEXT NOT NULL,
    main_item  TEXT NOT NULL,
    name       TEXT NOT NULL,
    area       TEXT NOT NULL
);

CREATE TABLE catalog_overlays (
    item       TEXT PRIMARY KEY REFERENCES catalog_items (id),
    summary    TEXT NOT NULL,
    keywords   TEXT NOT NULL,
    themes     TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL
);

CREATE TABLE catalog_versions (
    item         TEXT NOT NULL REFERENCES catalog_items (id),
    version      BIGINT NOT NULL,
    hash         TEXT NOT NULL,
    body         TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    published_by TEXT NOT NULL,
    PRIMARY KEY (item, version)
);

-- One row. It moves with each change of the catalogue, which is rare, and tells
-- every process when to read the catalogue anew.
CREATE TABLE catalog_revision (
    id   BIGINT PRIMARY KEY,
    n    BIGINT NOT NULL,
    seed TEXT NOT NULL
);
INSERT INTO catalog_revision (id, n, seed) VALUES (1, 0, '');
