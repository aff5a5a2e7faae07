-- +goose Up
-- A case may be one part of a bundle's case; what it came to; who filed it for
-- whom; and what stands before a decision on it.
ALTER TABLE casework_cases ADD COLUMN parent TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN part TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN marked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_cases ADD COLUMN agent_account TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN agent_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN agent_mandate TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN agent_name TEXT NOT NULL DEFAULT '';
-- Accounts of agent and signers between bars, so that a list can leave out the
-- cases that an official has a part in: "|a|b|".
ALTER TABLE casework_cases ADD COLUMN concerned TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_cases ADD COLUMN opinions_open BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_cases ADD COLUMN objections BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_cases ADD COLUMN checks_open BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_cases ADD COLUMN specials_open BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_cases ADD COLUMN committed BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX casework_cases_parts ON casework_cases (parent, part) WHERE parent <> '';

-- +goose StatementBegin
UPDATE casework_cases SET marked = notices, outcome = COALESCE((
	SELECT CASE
		WHEN st.to_state = 'DECIDED_GRANT' THEN 'granted'
		WHEN st.to_state = 'DECIDED_DENY' THEN 'denied'
		WHEN st.to_state = 'REFUSED' THEN 'refused'
		ELSE 'ended' END
	FROM casework_steps AS st
	WHERE st.case_id = casework_cases.id AND st.to_state IN (
		'DECIDED_GRANT', 'DECIDED_DENY', 'REFUSED', 'NOT_REQUIRED', 'WITHDRAWN', 'TERMINATED', 'REVOKED', 'CANCELLED')
	ORDER BY st.no DESC LIMIT 1), '');
-- +goose StatementEnd

-- For whom a step was taken, and by what right.
ALTER TABLE casework_steps ADD COLUMN behalf TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_steps ADD COLUMN behalf_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_steps ADD COLUMN mandate TEXT NOT NULL DEFAULT '';

-- Consents of the signers. The name stands on the application itself.
CREATE TABLE casework_signatures (
	case_id  TEXT   NOT NULL,
	position BIGINT NOT NULL,
	signer   TEXT   NOT NULL,
	account  TEXT   NOT NULL,
	name     TEXT   NOT NULL,
	method   TEXT   NOT NULL,
	at       BIGINT NOT NULL,
	PRIMARY KEY (case_id, position)
);

-- What a handler must look at before a grant: held data that the applicant says
-- are wrong, and answers that no registry could confirm. The reason is sealed.
CREATE TABLE casework_checks (
	case_id      TEXT   NOT NULL,
	no           BIGINT NOT NULL,
	kind         TEXT   NOT NULL,
	target       TEXT   NOT NULL,
	held_key     TEXT   NOT NULL DEFAULT '',
	source_zh    TEXT   NOT NULL DEFAULT '',
	source_en    TEXT   NOT NULL DEFAULT '',
	reason       BYTEA,
	result       TEXT   NOT NULL DEFAULT '',
	note         TEXT   NOT NULL DEFAULT '',
	settled_by   TEXT   NOT NULL DEFAULT '',
	settled_name TEXT   NOT NULL DEFAULT '',
	settled_at   BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (case_id, no)
);

-- Special procedures (Licensing Law art. 45), each with its notice and result.
CREATE TABLE casework_specials (
	case_id       TEXT   NOT NULL,
	id            TEXT   NOT NULL,
	kind          TEXT   NOT NULL,
	text_zh       TEXT   NOT NULL,
	text_en       TEXT   NOT NULL,
	reason        TEXT   NOT NULL,
	days          BIGINT NOT NULL,
	until         TEXT   NOT NULL,
	step          BIGINT NOT NULL,
	started_by    TEXT   NOT NULL,
	started_name  TEXT   NOT NULL,
	started_at    BIGINT NOT NULL,
	result        TEXT   NOT NULL DEFAULT '',
	ended_by      TEXT   NOT NULL DEFAULT '',
	ended_name    TEXT   NOT NULL DEFAULT '',
	ended_at      BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (case_id, id)
);

-- Opinions that other agencies are asked for. Each sending is a row; the rows
-- before it are history.
CREATE TABLE casework_units (
	case_id       TEXT    NOT NULL,
	unit          TEXT    NOT NULL,
	round         BIGINT  NOT NULL,
	agency        TEXT    NOT NULL,
	agency_zh     TEXT    NOT NULL,
	agency_en     TEXT    NOT NULL,
	division      TEXT    NOT NULL,
	task_zh       TEXT    NOT NULL,
	task_en       TEXT    NOT NULL,
	required      BOOLEAN NOT NULL,
	blocking      BOOLEAN NOT NULL,
	days          BIGINT  NOT NULL,
	state         TEXT    NOT NULL,
	sent_at       BIGINT  NOT NULL,
	due           TEXT    NOT NULL,
	provisional   BOOLEAN NOT NULL DEFAULT FALSE,
	late          BOOLEAN NOT NULL DEFAULT FALSE,
	opinion       TEXT    NOT NULL DEFAULT '',
	note          TEXT    NOT NULL DEFAULT '',
	reasons       TEXT    NOT NULL DEFAULT '[]',
	handler       TEXT    NOT NULL DEFAULT '',
	handler_name  TEXT    NOT NULL DEFAULT '',
	ended_at      BIGINT  NOT NULL DEFAULT 0,
	why           TEXT    NOT NULL DEFAULT '',
	PRIMARY KEY (case_id, unit, round)
);
CREATE INDEX casework_units_worklist ON casework_units (agency, state, due, case_id);

-- Commitments (告知承诺) and what became of them.
CREATE TABLE casework_commitments (
	case_id      TEXT   NOT NULL PRIMARY KEY,
	subject      TEXT   NOT NULL,
	item         TEXT   NOT NULL,
	content      TEXT   NOT NULL,
	liability    TEXT   NOT NULL,
	committed_at BIGINT NOT NULL,
	state        TEXT   NOT NULL,
	note         TEXT   NOT NULL DEFAULT '',
	settled_name TEXT   NOT NULL DEFAULT '',
	settled_at   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX casework_commitments_broken ON casework_commitments (subject, item, state);
