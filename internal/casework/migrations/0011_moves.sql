-- +goose Up
-- Under which versions a step was taken: of the service, of its procedure.
ALTER TABLE casework_steps ADD COLUMN handled_as BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_steps ADD COLUMN proc TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_steps ADD COLUMN proc_version BIGINT NOT NULL DEFAULT 1;
-- +goose StatementBegin
UPDATE casework_steps SET
	handled_as = (SELECT c.handled_as FROM casework_cases AS c WHERE c.id = casework_steps.case_id),
	proc = (SELECT c.proc FROM casework_cases AS c WHERE c.id = casework_steps.case_id)
WHERE EXISTS (SELECT 1 FROM casework_cases AS c WHERE c.id = casework_steps.case_id);
-- +goose StatementEnd

-- Running cases by the versions they are handled by.
CREATE INDEX casework_cases_versions ON casework_cases (agency, item, handled_as, proc, proc_version, id) WHERE stage <> 'done';

-- A plan to move running cases to other versions (迁移在办件), as the dry run saw
-- them. State: counting, planned, dropped, approved.
CREATE TABLE casework_moves (
	id            TEXT   NOT NULL PRIMARY KEY,
	state         TEXT   NOT NULL,
	agency        TEXT   NOT NULL,
	agency_zh     TEXT   NOT NULL,
	agency_en     TEXT   NOT NULL,
	division      TEXT   NOT NULL,
	item          TEXT   NOT NULL, -- '' is every service of the procedure
	item_zh       TEXT   NOT NULL,
	item_en       TEXT   NOT NULL,
	proc          TEXT   NOT NULL,
	from_version  BIGINT NOT NULL,
	from_edition  BIGINT NOT NULL,
	to_version    BIGINT NOT NULL,
	to_edition    BIGINT NOT NULL,
	reason        TEXT   NOT NULL,
	hash          TEXT   NOT NULL,
	cases         BIGINT NOT NULL,
	movable       BIGINT NOT NULL,
	planned_by    TEXT   NOT NULL,
	planned_name  TEXT   NOT NULL,
	planned_head  BOOLEAN NOT NULL,
	planned_at    BIGINT NOT NULL,
	approved_by   TEXT   NOT NULL DEFAULT '',
	approved_name TEXT   NOT NULL DEFAULT '',
	approved_at   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX casework_moves_list ON casework_moves (agency, planned_at, id);

-- Each case of a plan: whether it may move and why, what was seen, and what became
-- of it. Result: '' not yet, moved, changed, kept (it may not).
CREATE TABLE casework_move_cases (
	move_id   TEXT    NOT NULL,
	case_id   TEXT    NOT NULL,
	number    TEXT    NOT NULL,
	item_zh   TEXT    NOT NULL,
	item_en   TEXT    NOT NULL,
	state_zh  TEXT    NOT NULL,
	state_en  TEXT    NOT NULL,
	seen      TEXT    NOT NULL,
	movable   BOOLEAN NOT NULL,
	notes     TEXT    NOT NULL, -- JSON: reasons against, then what will happen
	result    TEXT    NOT NULL DEFAULT '',
	result_at BIGINT  NOT NULL DEFAULT 0,
	PRIMARY KEY (move_id, case_id)
);
CREATE INDEX casework_move_cases_result ON casework_move_cases (move_id, result, case_id);
