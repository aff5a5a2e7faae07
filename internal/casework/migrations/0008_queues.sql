-- +goose Up
-- Every change of hands of a case, for officials: no part of the process record
-- that the applicant reads. '' is the queue of the unit.
CREATE TABLE casework_holds (
	id         TEXT   NOT NULL PRIMARY KEY,
	case_id    TEXT   NOT NULL,
	stage      TEXT   NOT NULL,
	from_id    TEXT   NOT NULL,
	from_name  TEXT   NOT NULL,
	to_id      TEXT   NOT NULL,
	to_name    TEXT   NOT NULL,
	why        TEXT   NOT NULL,
	note       TEXT   NOT NULL DEFAULT '',
	actor_kind TEXT   NOT NULL,
	actor_id   TEXT   NOT NULL,
	actor_name TEXT   NOT NULL,
	deputy_of  TEXT   NOT NULL DEFAULT '',
	deputy_for TEXT   NOT NULL DEFAULT '', -- name of who is absent
	at         BIGINT NOT NULL
);
CREATE INDEX casework_holds_case ON casework_holds (case_id, at, id);
-- What was handed to somebody with a note.
CREATE INDEX casework_holds_noted ON casework_holds (to_id, at, id) WHERE note <> '';
CREATE INDEX casework_holds_taken ON casework_holds (to_id, at, id) WHERE why = 'next';

-- How new cases of a stage are given out; no row is the queue of the unit.
CREATE TABLE casework_work_rules (
	agency  TEXT   NOT NULL,
	stage   TEXT   NOT NULL,
	how     TEXT   NOT NULL,
	by_id   TEXT   NOT NULL,
	by_name TEXT   NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (agency, stage)
);

-- Whose turn it was: the n-th case of the agency went to the account.
CREATE TABLE casework_turns (
	agency  TEXT   NOT NULL,
	account TEXT   NOT NULL,
	turn    BIGINT NOT NULL,
	PRIMARY KEY (agency, account)
);

-- One row for each agency: whoever gives out its work or changes who is absent
-- waits here for the one before.
CREATE TABLE casework_rotas (
	agency TEXT   NOT NULL PRIMARY KEY,
	turns  BIGINT NOT NULL
);

CREATE TABLE casework_absences (
	id          TEXT    NOT NULL PRIMARY KEY,
	agency      TEXT    NOT NULL,
	account     TEXT    NOT NULL,
	name        TEXT    NOT NULL,
	from_day    TEXT    NOT NULL,
	to_day      TEXT    NOT NULL, -- last day; the day before it ended early
	kind        TEXT    NOT NULL,
	deputy      TEXT    NOT NULL DEFAULT '',
	deputy_name TEXT    NOT NULL DEFAULT '',
	by_id       TEXT    NOT NULL,
	by_name     TEXT    NOT NULL,
	entered_at  BIGINT  NOT NULL,
	ended_at    BIGINT  NOT NULL DEFAULT 0, -- ended early, or cancelled
	ended_by    TEXT    NOT NULL DEFAULT '',
	released    BOOLEAN NOT NULL DEFAULT FALSE -- the cases went back to the queue
);
CREATE INDEX casework_absences_agency ON casework_absences (agency, to_day, from_day, id);
CREATE INDEX casework_absences_account ON casework_absences (account, to_day, id);
CREATE INDEX casework_absences_deputy ON casework_absences (deputy, to_day, id) WHERE deputy <> '';

-- Conflicts of interest (回避). The reason can be personal; it is sealed.
CREATE TABLE casework_conflicts (
	id       TEXT    NOT NULL PRIMARY KEY,
	case_id  TEXT    NOT NULL,
	agency   TEXT    NOT NULL,
	account  TEXT    NOT NULL,
	name     TEXT    NOT NULL,
	how      TEXT    NOT NULL, -- declared, ordered, asked
	reason   BYTEA   NOT NULL,
	by_id    TEXT    NOT NULL,
	by_name  TEXT    NOT NULL,
	void     BOOLEAN NOT NULL,
	at       BIGINT  NOT NULL,
	UNIQUE (case_id, account)
);
CREATE INDEX casework_conflicts_agency ON casework_conflicts (agency, at, id);

-- What applicants ask: that an official withdraws.
CREATE TABLE casework_recusals (
	id          TEXT   NOT NULL PRIMARY KEY,
	case_id     TEXT   NOT NULL,
	agency      TEXT   NOT NULL,
	official    TEXT   NOT NULL DEFAULT '', -- '' while only a name is known
	name        TEXT   NOT NULL,
	author      TEXT   NOT NULL,
	agent_kind  TEXT   NOT NULL DEFAULT '',
	reason      BYTEA  NOT NULL,
	at          BIGINT NOT NULL,
	due         TEXT   NOT NULL,
	result      TEXT   NOT NULL DEFAULT '',
	answer      BYTEA,
	answered_id TEXT   NOT NULL DEFAULT '',
	answered_by TEXT   NOT NULL DEFAULT '',
	answered_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX casework_recusals_open ON casework_recusals (case_id, name) WHERE result = '';
CREATE INDEX casework_recusals_agency ON casework_recusals (agency, result, due, id);
CREATE INDEX casework_recusals_case ON casework_recusals (case_id, at, id);
