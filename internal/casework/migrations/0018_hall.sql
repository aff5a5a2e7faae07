-- +goose Up
-- The hall that took the case in; '' is none, or one that nobody noted then.
ALTER TABLE casework_cases ADD COLUMN hall TEXT NOT NULL DEFAULT '';
CREATE INDEX casework_cases_intakes ON casework_cases (taken_by, filed_at, id) WHERE taken_by <> '';
