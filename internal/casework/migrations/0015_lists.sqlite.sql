-- +goose Up
-- How many cases lie where, so that lists count exactly without looking at each
-- case. A case that comes or changes adds lines to the log, in its transaction; the
-- number is what the tally says plus what the log says, read in one statement. From
-- time to time the log is folded into the tally. So there is no row that two
-- submissions wait for.
--
-- Dimension h is by holder, i by item, l by what the light follows from:
-- r (a red card), p (paused), n (running) or - (no clock), then the legal day where
-- passing it is red, the promised day, and the first amber day.
CREATE TABLE casework_tally (
	agency TEXT    NOT NULL,
	dim    TEXT    NOT NULL,
	stage  TEXT    NOT NULL,
	place  TEXT    NOT NULL,
	roles  TEXT    NOT NULL,
	held   BOOLEAN NOT NULL,
	word   TEXT    NOT NULL,
	n      BIGINT  NOT NULL,
	PRIMARY KEY (agency, dim, stage, place, roles, held, word)
);
CREATE TABLE casework_tally_log (
	agency TEXT   NOT NULL,
	stage  TEXT   NOT NULL,
	place  TEXT   NOT NULL,
	roles  TEXT   NOT NULL,
	holder TEXT   NOT NULL,
	item   TEXT   NOT NULL,
	light  TEXT   NOT NULL,
	n      BIGINT NOT NULL
);
CREATE INDEX casework_tally_log_agency ON casework_tally_log (agency, stage);

-- Accounts that have a part in a case besides applicant and operator: agents,
-- signers, and officials who withdrew. As casework_cases.concerned says.
CREATE TABLE casework_concerned (
	account TEXT NOT NULL,
	case_id TEXT NOT NULL,
	PRIMARY KEY (account, case_id)
);

-- The cases in which an official has a part are few; lists count all and take
-- these away.
CREATE INDEX casework_cases_operator ON casework_cases (operator, id) WHERE stage <> 'done';
CREATE INDEX casework_cases_reviewer ON casework_cases (reviewer, id) WHERE stage <> 'done' AND reviewer <> '';
CREATE INDEX casework_cases_second ON casework_cases (second, id) WHERE stage <> 'done' AND second <> '';
CREATE INDEX casework_cases_taker ON casework_cases (taker, id) WHERE stage <> 'done' AND taker <> '';
-- Filters by service and by the beginning of a name.
CREATE INDEX casework_cases_item ON casework_cases (agency, stage, item, due, id);
CREATE INDEX casework_cases_name ON casework_cases (agency, SUBSTR(applicant_name, 1, 2), stage);

INSERT INTO casework_tally (agency, dim, stage, place, roles, held, word, n)
SELECT agency, 'h', stage, proc || '/' || proc_version || '/' || state, stage_roles, holder <> '', holder, COUNT(*) FROM casework_cases GROUP BY agency, stage, proc || '/' || proc_version || '/' || state, stage_roles, holder <> '', holder;
INSERT INTO casework_tally (agency, dim, stage, place, roles, held, word, n)
SELECT agency, 'i', stage, proc || '/' || proc_version || '/' || state, stage_roles, holder <> '', item, COUNT(*) FROM casework_cases GROUP BY agency, stage, proc || '/' || proc_version || '/' || state, stage_roles, holder <> '', item;
INSERT INTO casework_tally (agency, dim, stage, place, roles, held, word, n)
SELECT agency, 'l', stage, place, stage_roles, holder <> '', light, COUNT(*) FROM (
	SELECT agency, stage, proc || '/' || proc_version || '/' || state AS place, stage_roles, holder, CASE WHEN stage = 'done' OR clock = '' THEN '-|||'
		ELSE (CASE WHEN red_cards > 0 THEN 'r' WHEN paused THEN 'p' ELSE 'n' END) || '|' ||
			(CASE WHEN clock IN ('decision', 'delivery') THEN legal_due ELSE '' END) || '|' || due || '|' || warn_from END AS light
	FROM casework_cases) AS lit
GROUP BY agency, stage, place, stage_roles, holder <> '', light;

INSERT INTO casework_concerned (account, case_id)
SELECT DISTINCT j.value, c.id FROM casework_cases AS c, json_each('["' || REPLACE(TRIM(c.concerned, '|'), '|', '","') || '"]') AS j
WHERE c.concerned <> '';

-- +goose StatementBegin
CREATE TRIGGER casework_cases_comes AFTER INSERT ON casework_cases
BEGIN
	INSERT INTO casework_tally_log (agency, stage, place, roles, holder, item, light, n)
	SELECT NEW.agency, NEW.stage, NEW.proc || '/' || NEW.proc_version || '/' || NEW.state, NEW.stage_roles, NEW.holder, NEW.item,
		CASE WHEN NEW.stage = 'done' OR NEW.clock = '' THEN '-|||'
		ELSE (CASE WHEN NEW.red_cards > 0 THEN 'r' WHEN NEW.paused THEN 'p' ELSE 'n' END) || '|' ||
			(CASE WHEN NEW.clock IN ('decision', 'delivery') THEN NEW.legal_due ELSE '' END) || '|' || NEW.due || '|' || NEW.warn_from END, 1;
	INSERT INTO casework_concerned (account, case_id)
	SELECT DISTINCT j.value, NEW.id FROM json_each('["' || REPLACE(TRIM(NEW.concerned, '|'), '|', '","') || '"]') AS j
	WHERE NEW.concerned <> '';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER casework_cases_changes AFTER UPDATE OF agency, stage, state, proc, proc_version, stage_roles, holder, item, clock, red_cards, paused, legal_due, due, warn_from ON casework_cases
WHEN OLD.agency IS NOT NEW.agency OR OLD.stage IS NOT NEW.stage OR OLD.state IS NOT NEW.state OR OLD.proc IS NOT NEW.proc OR OLD.proc_version IS NOT NEW.proc_version OR OLD.stage_roles IS NOT NEW.stage_roles OR OLD.holder IS NOT NEW.holder OR OLD.item IS NOT NEW.item OR OLD.clock IS NOT NEW.clock OR OLD.red_cards IS NOT NEW.red_cards OR OLD.paused IS NOT NEW.paused OR OLD.legal_due IS NOT NEW.legal_due OR OLD.due IS NOT NEW.due OR OLD.warn_from IS NOT NEW.warn_from
BEGIN
	INSERT INTO casework_tally_log (agency, stage, place, roles, holder, item, light, n)
	SELECT OLD.agency, OLD.stage, OLD.proc || '/' || OLD.proc_version || '/' || OLD.state, OLD.stage_roles, OLD.holder, OLD.item,
		CASE WHEN OLD.stage = 'done' OR OLD.clock = '' THEN '-|||'
		ELSE (CASE WHEN OLD.red_cards > 0 THEN 'r' WHEN OLD.paused THEN 'p' ELSE 'n' END) || '|' ||
			(CASE WHEN OLD.clock IN ('decision', 'delivery') THEN OLD.legal_due ELSE '' END) || '|' || OLD.due || '|' || OLD.warn_from END, -1;
	INSERT INTO casework_tally_log (agency, stage, place, roles, holder, item, light, n)
	SELECT NEW.agency, NEW.stage, NEW.proc || '/' || NEW.proc_version || '/' || NEW.state, NEW.stage_roles, NEW.holder, NEW.item,
		CASE WHEN NEW.stage = 'done' OR NEW.clock = '' THEN '-|||'
		ELSE (CASE WHEN NEW.red_cards > 0 THEN 'r' WHEN NEW.paused THEN 'p' ELSE 'n' END) || '|' ||
			(CASE WHEN NEW.clock IN ('decision', 'delivery') THEN NEW.legal_due ELSE '' END) || '|' || NEW.due || '|' || NEW.warn_from END, 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER casework_cases_concern AFTER UPDATE OF concerned ON casework_cases
WHEN OLD.concerned <> NEW.concerned
BEGIN
	DELETE FROM casework_concerned WHERE case_id = NEW.id AND INSTR(NEW.concerned, '|' || account || '|') = 0
		AND account IN (SELECT j.value FROM json_each('["' || REPLACE(TRIM(OLD.concerned, '|'), '|', '","') || '"]') AS j);
	INSERT OR IGNORE INTO casework_concerned (account, case_id)
	SELECT DISTINCT j.value, NEW.id FROM json_each('["' || REPLACE(TRIM(NEW.concerned, '|'), '|', '","') || '"]') AS j
	WHERE NEW.concerned <> '';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER casework_cases_goes AFTER DELETE ON casework_cases
BEGIN
	INSERT INTO casework_tally_log (agency, stage, place, roles, holder, item, light, n)
	SELECT OLD.agency, OLD.stage, OLD.proc || '/' || OLD.proc_version || '/' || OLD.state, OLD.stage_roles, OLD.holder, OLD.item,
		CASE WHEN OLD.stage = 'done' OR OLD.clock = '' THEN '-|||'
		ELSE (CASE WHEN OLD.red_cards > 0 THEN 'r' WHEN OLD.paused THEN 'p' ELSE 'n' END) || '|' ||
			(CASE WHEN OLD.clock IN ('decision', 'delivery') THEN OLD.legal_due ELSE '' END) || '|' || OLD.due || '|' || OLD.warn_from END, -1;
	DELETE FROM casework_concerned WHERE case_id = OLD.id
		AND account IN (SELECT j.value FROM json_each('["' || REPLACE(TRIM(OLD.concerned, '|'), '|', '","') || '"]') AS j);
END;
-- +goose StatementEnd
