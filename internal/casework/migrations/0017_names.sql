-- +goose Up
-- Only who asks for a name uses this index: without the condition SQLite takes it
-- for lists that name agency and stage, too, and reads every case of a stage.
DROP INDEX casework_cases_name;
CREATE INDEX casework_cases_name ON casework_cases (SUBSTR(applicant_name, 1, 2), agency, stage) WHERE applicant_name <> '';

-- Red cards can be due any day; the others of a light lie between two days.
CREATE INDEX casework_cases_red ON casework_cases (agency, stage, due, id) WHERE red_cards > 0;
