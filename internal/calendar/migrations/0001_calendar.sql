-- +goose Up

-- Whole tables: the notice of a year for the country, or the arrangement of a region.
CREATE TABLE calendar_years (
    region     TEXT   NOT NULL, -- shortest division code; "" is the whole country
    year       BIGINT NOT NULL, -- of the notice
    source     TEXT   NOT NULL, -- address or title and number of the notice
    changed_at BIGINT NOT NULL,
    changed_by TEXT   NOT NULL,
    PRIMARY KEY (region, year)
);

CREATE TABLE calendar_days (
    region     TEXT    NOT NULL,
    date       TEXT    NOT NULL,
    year       BIGINT  NOT NULL, -- of the notice; days of late December can be in the next year's
    works      BOOLEAN NOT NULL,
    name       TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    changed_at BIGINT  NOT NULL,
    changed_by TEXT    NOT NULL,
    PRIMARY KEY (region, date)
);
CREATE INDEX calendar_days_year ON calendar_days (region, year);

-- One row: processes compare its number with that of the tables they hold.
CREATE TABLE calendar_version (
    id      BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);
INSERT INTO calendar_version (id, version) VALUES (1, 1);
