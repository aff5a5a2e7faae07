-- +goose Up
-- Who works a case now, "" is nobody: it lies in the queue of its unit.
ALTER TABLE casework_cases ADD COLUMN holder TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN holder_name TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN held_at BIGINT NOT NULL DEFAULT 0;
-- By which version of service and procedure it is handled; what was applied for
-- stays with item_version.
ALTER TABLE casework_cases ADD COLUMN handled_as BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_cases ADD COLUMN proc_version BIGINT NOT NULL DEFAULT 1;
-- At which window it was taken in, JSON; '' is online. The agency that runs the
-- hall stands beside it for lists.
ALTER TABLE casework_cases ADD COLUMN counter TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN taken_by TEXT NOT NULL DEFAULT '';
UPDATE casework_cases SET handled_as = item_version;
CREATE INDEX casework_cases_holder ON casework_cases (holder, stage, due, id) WHERE holder <> '';
CREATE INDEX casework_cases_taken ON casework_cases (taken_by, stage, filed_at, id) WHERE taken_by <> '';
