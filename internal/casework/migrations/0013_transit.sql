-- +goose Up
-- In which division it was taken in, for who supervises there; '' is online.
ALTER TABLE casework_cases ADD COLUMN taken_division TEXT NOT NULL DEFAULT '';
CREATE INDEX casework_cases_taken_division ON casework_cases (taken_division, id) WHERE taken_division <> '';

-- Cases that one place took in and another handles. Arrived is the legal day on
-- which the handling place had the papers; '' while they are on the way.
CREATE TABLE casework_transits (
    case_id   TEXT PRIMARY KEY,
    agency    TEXT NOT NULL,
    agency_zh TEXT NOT NULL,
    agency_en TEXT NOT NULL,
    division  TEXT NOT NULL,
    began     TEXT NOT NULL DEFAULT '',
    arrived   TEXT NOT NULL DEFAULT ''
);

-- Parcels between the two places. One waybill may stand on several cases.
CREATE TABLE casework_legs (
    id         TEXT PRIMARY KEY,
    case_id    TEXT NOT NULL,
    no         BIGINT NOT NULL,
    way        TEXT NOT NULL,
    carrier    TEXT NOT NULL,
    waybill    TEXT NOT NULL,
    status     TEXT NOT NULL,
    sent_by    TEXT NOT NULL,
    sent_name  TEXT NOT NULL,
    sent_at    BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    note       TEXT NOT NULL DEFAULT '',
    UNIQUE (case_id, no)
);
CREATE INDEX casework_legs_waybill ON casework_legs (waybill, carrier);

-- Papers in the hands of government.
CREATE TABLE casework_papers (
    id        TEXT PRIMARY KEY,
    case_id   TEXT NOT NULL,
    source    TEXT NOT NULL,
    material  TEXT NOT NULL,
    name_zh   TEXT NOT NULL,
    name_en   TEXT NOT NULL,
    original  BOOLEAN NOT NULL,
    sheets    BIGINT NOT NULL,
    state     TEXT NOT NULL,
    keeper    TEXT NOT NULL,
    keeper_zh TEXT NOT NULL,
    keeper_en TEXT NOT NULL,
    hall      TEXT NOT NULL,
    hall_zh   TEXT NOT NULL,
    hall_en   TEXT NOT NULL,
    transit   BOOLEAN NOT NULL,
    ref       TEXT NOT NULL,
    since     BIGINT NOT NULL,
    UNIQUE (case_id, source)
);
CREATE INDEX casework_papers_hall ON casework_papers (hall, state, since, id);

CREATE TABLE casework_custody (
    paper      TEXT NOT NULL,
    no         BIGINT NOT NULL,
    case_id    TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    keeper     TEXT NOT NULL,
    keeper_zh  TEXT NOT NULL,
    keeper_en  TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor      TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    ref        TEXT NOT NULL,
    note       TEXT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (paper, no)
);
CREATE INDEX casework_custody_case ON casework_custody (case_id, at);

-- How applicants want the result. Name, phone and address are sealed.
CREATE TABLE casework_deliveries (
    case_id   TEXT PRIMARY KEY,
    way       TEXT NOT NULL,
    receiver  BYTEA NOT NULL,
    phone     BYTEA NOT NULL,
    address   BYTEA NOT NULL,
    chosen_by TEXT NOT NULL,
    at        BIGINT NOT NULL
);
