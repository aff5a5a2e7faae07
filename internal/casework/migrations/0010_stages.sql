-- +goose Up
-- Until when the stage that a case is in should be done (环节时限), from when lists
-- show it amber, with which step it began, and which roles alone take it: "|head|",
-- '' is all that the procedure names.
ALTER TABLE casework_cases ADD COLUMN stage_due TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN stage_warn TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN stage_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_cases ADD COLUMN stage_roles TEXT NOT NULL DEFAULT '';

-- What officials found while they handled a case. A line is never changed: who
-- corrects an earlier one writes a new line that names it. Personal ones are
-- sealed.
CREATE TABLE casework_findings (
	case_id  TEXT   NOT NULL,
	no       BIGINT NOT NULL,
	stage    TEXT   NOT NULL,
	step     BIGINT NOT NULL,
	field    TEXT   NOT NULL,
	value    TEXT   NOT NULL,
	sealed   BYTEA,
	corrects BIGINT NOT NULL,
	by_id    TEXT   NOT NULL,
	by_name  TEXT   NOT NULL,
	at       BIGINT NOT NULL,
	PRIMARY KEY (case_id, no)
);

-- What officials mark while they read, before there is a notice: one draft for
-- all who work on the case. The reason is sealed.
CREATE TABLE casework_draft_marks (
	case_id TEXT   NOT NULL,
	kind    TEXT   NOT NULL,
	target  TEXT   NOT NULL,
	reason  BYTEA  NOT NULL,
	by_id   TEXT   NOT NULL,
	by_name TEXT   NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (case_id, kind, target)
);

-- A card of supervision is explained by the handler within two working days, and
-- kept or cancelled (销牌) by a supervisor.
ALTER TABLE casework_supervision ADD COLUMN of_id TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_supervision ADD COLUMN of_case BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE casework_supervision ADD COLUMN explain_by TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_supervision ADD COLUMN explained TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_supervision ADD COLUMN explained_by TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_supervision ADD COLUMN explained_name TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_supervision ADD COLUMN explained_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_supervision ADD COLUMN appealed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE casework_supervision ADD COLUMN ruling TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_supervision ADD COLUMN ruled TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_supervision ADD COLUMN ruled_by TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_supervision ADD COLUMN ruled_name TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_supervision ADD COLUMN ruled_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX casework_supervision_explain ON casework_supervision (agency, explained_at, ruling, explain_by, id);
CREATE INDEX casework_supervision_ruling ON casework_supervision (ruling, explained_at, id);
