-- +goose Up
CREATE TABLE casework_cases (
	id             TEXT    NOT NULL PRIMARY KEY,
	submission_key TEXT    NOT NULL UNIQUE,
	number         TEXT    NOT NULL UNIQUE,
	query_code     TEXT    NOT NULL,
	item           TEXT    NOT NULL,
	item_version   BIGINT  NOT NULL,
	item_zh        TEXT    NOT NULL,
	item_en        TEXT    NOT NULL,
	proc           TEXT    NOT NULL,
	applicant_kind TEXT    NOT NULL,
	applicant_id   TEXT    NOT NULL,
	applicant_name TEXT    NOT NULL,
	applicant_code TEXT    NOT NULL,
	operator       TEXT    NOT NULL,
	agency         TEXT    NOT NULL,
	agency_zh      TEXT    NOT NULL,
	agency_en      TEXT    NOT NULL,
	division       TEXT    NOT NULL,
	state          TEXT    NOT NULL,
	stage          TEXT    NOT NULL,
	step           BIGINT  NOT NULL,
	moved_at       BIGINT  NOT NULL,
	filed_at       BIGINT  NOT NULL,
	received_at    BIGINT  NOT NULL,
	accepted_at    BIGINT  NOT NULL DEFAULT 0,
	decided_at     BIGINT  NOT NULL DEFAULT 0,
	ended_at       BIGINT  NOT NULL DEFAULT 0,
	deemed         BOOLEAN NOT NULL DEFAULT FALSE,
	extended       BOOLEAN NOT NULL DEFAULT FALSE,
	two            BOOLEAN NOT NULL,
	notices        BIGINT  NOT NULL DEFAULT 0,
	clerk          TEXT    NOT NULL DEFAULT '',
	clerk_name     TEXT    NOT NULL DEFAULT '',
	reviewer       TEXT    NOT NULL DEFAULT '',
	reviewer_name  TEXT    NOT NULL DEFAULT '',
	second         TEXT    NOT NULL DEFAULT '',
	second_name    TEXT    NOT NULL DEFAULT '',
	approver       TEXT    NOT NULL DEFAULT '',
	approver_name  TEXT    NOT NULL DEFAULT '',
	licence        TEXT    NOT NULL DEFAULT '',
	clock          TEXT    NOT NULL DEFAULT '',
	due            TEXT    NOT NULL DEFAULT '',
	legal_due      TEXT    NOT NULL DEFAULT '',
	warn_from      TEXT    NOT NULL DEFAULT '',
	provisional    BOOLEAN NOT NULL DEFAULT FALSE,
	paused         BOOLEAN NOT NULL DEFAULT FALSE,
	yellow_cards   BIGINT  NOT NULL DEFAULT 0,
	red_cards      BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX casework_cases_worklist ON casework_cases (agency, stage, due, id);
CREATE INDEX casework_cases_division ON casework_cases (division, stage, due, id);
CREATE INDEX casework_cases_applicant ON casework_cases (applicant_id, applicant_kind, filed_at, id);
CREATE INDEX casework_cases_running ON casework_cases (clock, id) WHERE clock <> '';

-- What the applicant said, one row per hand-in. Personal answers are one sealed
-- JSON object; the rest is readable JSON.
CREATE TABLE casework_answers (
	case_id   TEXT   NOT NULL,
	round     BIGINT NOT NULL,
	answers   TEXT   NOT NULL,
	sealed    BYTEA,
	trace     TEXT   NOT NULL DEFAULT '[]',
	handed_at BIGINT NOT NULL,
	PRIMARY KEY (case_id, round)
);

CREATE TABLE casework_materials (
	case_id   TEXT    NOT NULL,
	file      TEXT    NOT NULL,
	round     BIGINT  NOT NULL,
	position  BIGINT  NOT NULL,
	material  TEXT    NOT NULL,
	name      TEXT    NOT NULL,
	type      TEXT    NOT NULL,
	size      BIGINT  NOT NULL,
	blob      TEXT    NOT NULL,
	level     TEXT    NOT NULL,
	origin    TEXT    NOT NULL,
	handed_at BIGINT  NOT NULL,
	PRIMARY KEY (case_id, round, file)
);

-- The history of each clock, from which every deadline can be worked out again.
-- A start has the clock's limits as they were on that day.
CREATE TABLE casework_entries (
	case_id TEXT   NOT NULL,
	no      BIGINT NOT NULL,
	step    BIGINT NOT NULL,
	clock   TEXT   NOT NULL,
	spec    TEXT   NOT NULL,
	entry   TEXT   NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (case_id, no)
);

-- The process record (GB/T 39046 table 7): never updated, never deleted.
CREATE TABLE casework_steps (
	case_id    TEXT    NOT NULL,
	no         BIGINT  NOT NULL,
	action     TEXT    NOT NULL,
	from_state TEXT    NOT NULL,
	to_state   TEXT    NOT NULL,
	actor_kind TEXT    NOT NULL,
	actor_id   TEXT    NOT NULL,
	actor_name TEXT    NOT NULL,
	unit       TEXT    NOT NULL,
	unit_zh    TEXT    NOT NULL,
	unit_en    TEXT    NOT NULL,
	opinion    TEXT    NOT NULL,
	reasons    TEXT    NOT NULL,
	organ      TEXT    NOT NULL,
	deemed     BOOLEAN NOT NULL,
	started_at BIGINT  NOT NULL,
	at         BIGINT  NOT NULL,
	PRIMARY KEY (case_id, no)
);

-- What one correction notice asks for.
CREATE TABLE casework_marks (
	case_id  TEXT   NOT NULL,
	notice   BIGINT NOT NULL,
	position BIGINT NOT NULL,
	kind     TEXT   NOT NULL,
	target   TEXT   NOT NULL,
	reason   TEXT   NOT NULL,
	PRIMARY KEY (case_id, notice, position)
);

CREATE TABLE casework_documents (
	id         TEXT    NOT NULL PRIMARY KEY,
	case_id    TEXT    NOT NULL,
	step       BIGINT  NOT NULL,
	kind       TEXT    NOT NULL,
	title_zh   TEXT    NOT NULL,
	title_en   TEXT    NOT NULL,
	number     TEXT    NOT NULL,
	at         BIGINT  NOT NULL,
	blob       TEXT    NOT NULL,
	size       BIGINT  NOT NULL,
	UNIQUE (case_id, step, kind)
);

-- Cards of electronic supervision (GB/T 39046 table 11). One card per case,
-- rule and occurrence.
CREATE TABLE casework_supervision (
	id          TEXT   NOT NULL PRIMARY KEY,
	case_id     TEXT   NOT NULL,
	rule        TEXT   NOT NULL,
	occurrence  TEXT   NOT NULL,
	light       TEXT   NOT NULL,
	case_number TEXT   NOT NULL,
	item_zh     TEXT   NOT NULL,
	item_en     TEXT   NOT NULL,
	agency      TEXT   NOT NULL,
	agency_zh   TEXT   NOT NULL,
	agency_en   TEXT   NOT NULL,
	division    TEXT   NOT NULL,
	handler     TEXT   NOT NULL,
	at          BIGINT NOT NULL,
	UNIQUE (case_id, rule, occurrence)
);
CREATE INDEX casework_supervision_list ON casework_supervision (division, at, id);

-- Serials are taken in blocks, so that no two submissions wait for one row.
CREATE TABLE casework_numbers (
	area  TEXT   NOT NULL,
	dept  TEXT   NOT NULL,
	day   TEXT   NOT NULL,
	taken BIGINT NOT NULL,
	PRIMARY KEY (area, dept, day)
);

-- Tries of the public progress query, by keyed hash of address or number.
CREATE TABLE casework_tries (
	who   TEXT   NOT NULL,
	span  BIGINT NOT NULL,
	tries BIGINT NOT NULL,
	PRIMARY KEY (who, span)
);
