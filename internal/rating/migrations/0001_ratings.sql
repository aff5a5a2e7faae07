-- +goose Up
CREATE TABLE rating_ratings (
    id           TEXT PRIMARY KEY,
    case_id      TEXT NOT NULL,
    item         TEXT NOT NULL,
    agency       TEXT NOT NULL,
    account      TEXT NOT NULL,    -- '' for a default rating
    supplement   BOOLEAN NOT NULL,
    satisfaction BIGINT NOT NULL CHECK (satisfaction BETWEEN 1 AND 5), -- GB/T 39046 A.8: 1 is best
    indicators   TEXT NOT NULL,    -- ids, comma-separated
    text         TEXT NOT NULL,
    is_default   BOOLEAN NOT NULL,
    at           BIGINT NOT NULL,
    UNIQUE (case_id, supplement, is_default)
);
CREATE INDEX rating_ratings_item ON rating_ratings (item);
