-- +goose Up
-- Search: by query code, and by the beginning of a name within an agency or a
-- whole division.
CREATE INDEX casework_cases_code ON casework_cases (query_code);
DROP INDEX casework_cases_name;
CREATE INDEX casework_cases_name ON casework_cases (SUBSTR(applicant_name, 1, 2), agency, stage);
