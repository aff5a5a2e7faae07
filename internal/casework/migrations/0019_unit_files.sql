-- +goose Up
-- What an agency attaches to its opinion, kept as files of messages are.
ALTER TABLE casework_units ADD COLUMN files TEXT NOT NULL DEFAULT '[]';

-- The same files by name, so that nobody sweeps them away.
CREATE TABLE casework_unit_files (
	blob    TEXT   NOT NULL,
	case_id TEXT   NOT NULL,
	unit    TEXT   NOT NULL,
	round   BIGINT NOT NULL,
	PRIMARY KEY (blob, case_id, unit, round)
);
