-- +goose Up
-- A head may lift the bar that follows from a broken commitment.
ALTER TABLE casework_commitments ADD COLUMN lifted_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_commitments ADD COLUMN lifted_by TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_commitments ADD COLUMN lifted_name TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_commitments ADD COLUMN lifted_why TEXT NOT NULL DEFAULT '';
CREATE INDEX casework_commitments_state ON casework_commitments (state, case_id);

-- Texts that an agency uses again and again, with holes like {applicant}.
CREATE TABLE casework_phrases (
	id         TEXT   NOT NULL PRIMARY KEY,
	agency     TEXT   NOT NULL,
	kind       TEXT   NOT NULL,
	title      TEXT   NOT NULL,
	body       TEXT   NOT NULL,
	by_id      TEXT   NOT NULL,
	by_name    TEXT   NOT NULL,
	changed_at BIGINT NOT NULL
);
CREATE INDEX casework_phrases_agency ON casework_phrases (agency, kind, title, id);

-- Tasks of other agencies that are late, for their supervisors.
CREATE INDEX casework_units_late ON casework_units (state, late, due);
