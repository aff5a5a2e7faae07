-- +goose Up
-- Messages of a case. What people write is sealed; files are kept as materials
-- are. A message is never changed and never deleted.
CREATE TABLE casework_messages (
	case_id     TEXT   NOT NULL,
	no          BIGINT NOT NULL,
	id          TEXT   NOT NULL UNIQUE,
	thread      TEXT   NOT NULL,
	side        TEXT   NOT NULL,
	author      TEXT   NOT NULL,
	author_name TEXT   NOT NULL,
	acting      TEXT   NOT NULL,
	unit        TEXT   NOT NULL,
	unit_zh     TEXT   NOT NULL,
	unit_en     TEXT   NOT NULL,
	body        BYTEA  NOT NULL,
	files       TEXT   NOT NULL,
	at          BIGINT NOT NULL,
	PRIMARY KEY (case_id, no)
);

-- How far each side has read: 'applicant', or the id of an agency.
CREATE TABLE casework_message_reads (
	case_id TEXT   NOT NULL,
	thread  TEXT   NOT NULL,
	reader  TEXT   NOT NULL,
	no      BIGINT NOT NULL,
	PRIMARY KEY (case_id, thread, reader)
);

-- Materials that come later (tolerance acceptance). State: open, given, lapsed,
-- void (the case ended otherwise).
CREATE TABLE casework_owed (
	case_id    TEXT   NOT NULL,
	material   TEXT   NOT NULL,
	due        TEXT   NOT NULL,
	state      TEXT   NOT NULL,
	changed_at BIGINT NOT NULL,
	PRIMARY KEY (case_id, material)
);

-- Materials that an official compared with the original.
CREATE TABLE casework_originals (
	case_id TEXT   NOT NULL,
	file    TEXT   NOT NULL,
	by_id   TEXT   NOT NULL,
	by_name TEXT   NOT NULL,
	unit_zh TEXT   NOT NULL,
	unit_en TEXT   NOT NULL,
	note    TEXT   NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (case_id, file)
);

-- Verified copies that later applications of the same applicant may use.
CREATE TABLE casework_copies (
	case_id TEXT   NOT NULL,
	file    TEXT   NOT NULL,
	subject TEXT   NOT NULL,
	element TEXT   NOT NULL,
	item    TEXT   NOT NULL,
	name_zh TEXT   NOT NULL,
	name_en TEXT   NOT NULL,
	checked TEXT   NOT NULL,
	PRIMARY KEY (case_id, file)
);
CREATE INDEX casework_copies_subject ON casework_copies (subject, element, checked);

-- Objections within a case, one for each step that one can object to.
CREATE TABLE casework_objections (
	id            TEXT   NOT NULL PRIMARY KEY,
	case_id       TEXT   NOT NULL,
	step          BIGINT NOT NULL,
	action        TEXT   NOT NULL,
	agency        TEXT   NOT NULL,
	body          BYTEA  NOT NULL,
	author        TEXT   NOT NULL,
	acting        TEXT   NOT NULL,
	at            BIGINT NOT NULL,
	due           TEXT   NOT NULL,
	decider       TEXT   NOT NULL,
	result        TEXT   NOT NULL DEFAULT '',
	answer        BYTEA,
	answered_by   TEXT   NOT NULL DEFAULT '',
	answered_name TEXT   NOT NULL DEFAULT '',
	answered_at   BIGINT NOT NULL DEFAULT 0,
	UNIQUE (case_id, step)
);
CREATE INDEX casework_objections_list ON casework_objections (agency, result, due, id);

-- How many working days decisions of an item took, counted by the day of the
-- decision, so that nobody has to look at the cases again.
CREATE TABLE casework_durations (
	item    TEXT   NOT NULL,
	decided TEXT   NOT NULL,
	days    BIGINT NOT NULL,
	n       BIGINT NOT NULL,
	PRIMARY KEY (item, decided, days)
);

-- Cases that were rated, by people or by default: nothing is left to ask.
CREATE TABLE casework_rated (
	case_id TEXT NOT NULL PRIMARY KEY
);
