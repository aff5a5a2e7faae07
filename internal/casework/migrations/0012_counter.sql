-- +goose Up
-- Who took the case in at a window: that clerk never reviews or decides it.
ALTER TABLE casework_cases ADD COLUMN taker TEXT NOT NULL DEFAULT '';
-- What the clerks of the hall may do with it, as the service says: '' or 'accept'.
ALTER TABLE casework_cases ADD COLUMN counter_may TEXT NOT NULL DEFAULT '';
-- What became of the original on paper: '', 'kept' or 'returned'.
ALTER TABLE casework_materials ADD COLUMN paper TEXT NOT NULL DEFAULT '';

-- How somebody confirmed at a window what a clerk entered for them, by the step
-- that rests on it. The mark is sealed; the sheet is a scan of what was signed.
CREATE TABLE casework_confirmations (
  case_id TEXT NOT NULL,
  step BIGINT NOT NULL,
  what TEXT NOT NULL,
  method TEXT NOT NULL,
  account TEXT NOT NULL,
  name BYTEA NOT NULL,
  mark BYTEA,
  session TEXT NOT NULL,
  hall_zh TEXT NOT NULL,
  hall_en TEXT NOT NULL,
  window_no TEXT NOT NULL,
  clerk TEXT NOT NULL,
  clerk_name TEXT NOT NULL,
  sheet TEXT NOT NULL DEFAULT '',
  sheet_name TEXT NOT NULL DEFAULT '',
  sheet_type TEXT NOT NULL DEFAULT '',
  sheet_size BIGINT NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  PRIMARY KEY (case_id, step)
);
CREATE INDEX casework_confirmations_sheet ON casework_confirmations (sheet) WHERE sheet <> '';
