-- +goose Up
-- Serials of numbers that people read: lists, reports.
CREATE TABLE counter_serials (
    series TEXT   NOT NULL PRIMARY KEY,
    taken  BIGINT NOT NULL
);

-- Tries of codes, by who tried, in spans of time.
CREATE TABLE counter_tries (
    who  TEXT   NOT NULL,
    span BIGINT NOT NULL,
    n    BIGINT NOT NULL,
    PRIMARY KEY (who, span)
);

-- Lists by which papers go from a hall to a department (交接单).
CREATE TABLE counter_handovers (
    id           TEXT   NOT NULL PRIMARY KEY,
    number       TEXT   NOT NULL UNIQUE,
    agency       TEXT   NOT NULL, -- that runs the hall
    agency_zh    TEXT   NOT NULL,
    agency_en    TEXT   NOT NULL,
    division     TEXT   NOT NULL,
    receiver     TEXT   NOT NULL, -- department
    receiver_zh  TEXT   NOT NULL,
    receiver_en  TEXT   NOT NULL,
    state        TEXT   NOT NULL, -- made, confirmed, taken_back
    made_by      TEXT   NOT NULL,
    made_name    TEXT   NOT NULL,
    made_at      BIGINT NOT NULL,
    done_by      TEXT   NOT NULL DEFAULT '',
    done_name    TEXT   NOT NULL DEFAULT '',
    done_at      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX counter_handovers_agency ON counter_handovers (agency, made_at, id);
CREATE INDEX counter_handovers_receiver ON counter_handovers (receiver, made_at, id);

CREATE TABLE counter_handover_items (
    handover    TEXT    NOT NULL,
    no          BIGINT  NOT NULL,
    paper       TEXT    NOT NULL, -- '' is an extra one that stood on no list
    case_id     TEXT    NOT NULL,
    case_number TEXT    NOT NULL,
    item_zh     TEXT    NOT NULL,
    item_en     TEXT    NOT NULL,
    name_zh     TEXT    NOT NULL,
    name_en     TEXT    NOT NULL,
    original    BOOLEAN NOT NULL,
    sheets      BIGINT  NOT NULL,
    result      TEXT    NOT NULL DEFAULT '', -- received, missing, extra
    reason      TEXT    NOT NULL DEFAULT '',
    settled     TEXT    NOT NULL DEFAULT '', -- what the hall did about a difference
    settled_at  BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (handover, no)
);

-- Results on paper in the hall (出件架). The code is sealed; who holds it and shows
-- that they are the person, gets what lies there, once.
CREATE TABLE counter_parcels (
    id          TEXT   NOT NULL PRIMARY KEY,
    agency      TEXT   NOT NULL, -- that runs the hall
    division    TEXT   NOT NULL,
    hall_zh     TEXT   NOT NULL,
    hall_en     TEXT   NOT NULL,
    case_id     TEXT   NOT NULL,
    case_number TEXT   NOT NULL,
    item_zh     TEXT   NOT NULL,
    item_en     TEXT   NOT NULL,
    applicant   TEXT   NOT NULL, -- subject
    operator    TEXT   NOT NULL, -- account that is told
    kind        TEXT   NOT NULL, -- licence, document, originals
    sheets      BIGINT NOT NULL,
    note        TEXT   NOT NULL,
    slot        TEXT   NOT NULL,
    way         TEXT   NOT NULL, -- pickup, courier
    state       TEXT   NOT NULL, -- shelved, issued, sent, delivered, returned
    code        BYTEA  NOT NULL, -- sealed; empty once used
    code_index  TEXT   NOT NULL, -- blind index; '' once used
    remind_on   TEXT   NOT NULL,
    return_on   TEXT   NOT NULL,
    reminded_at BIGINT NOT NULL DEFAULT 0,
    carrier     TEXT   NOT NULL DEFAULT '',
    waybill     TEXT   NOT NULL DEFAULT '',
    tracking    TEXT   NOT NULL DEFAULT '', -- last word of the carrier
    shelved_by  TEXT   NOT NULL,
    shelved_at  BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL DEFAULT 0,
    edition     BIGINT NOT NULL,
    proof       BYTEA  NOT NULL, -- sealed: who received it, how that was known, who handed it over
    key         TEXT   NOT NULL UNIQUE -- of the form: a second click shelves nothing
);
CREATE INDEX counter_parcels_agency ON counter_parcels (agency, state, shelved_at, id);
CREATE INDEX counter_parcels_case ON counter_parcels (case_id, shelved_at, id);
CREATE INDEX counter_parcels_waybill ON counter_parcels (waybill, carrier) WHERE waybill <> '';
CREATE UNIQUE INDEX counter_parcels_code ON counter_parcels (agency, code_index) WHERE code_index <> '';
CREATE UNIQUE INDEX counter_parcels_slot ON counter_parcels (agency, slot) WHERE state = 'shelved' AND slot <> '';

CREATE TABLE counter_parcel_steps (
    parcel     TEXT   NOT NULL,
    no         BIGINT NOT NULL,
    what       TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    actor_name TEXT   NOT NULL,
    note       TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (parcel, no)
);

-- Words of carriers, so that each counts once.
CREATE TABLE counter_carrier_events (
    carrier TEXT   NOT NULL,
    event   TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (carrier, event)
);

-- What people could not get done (办不成事反映). Their words and how to reach them
-- are sealed.
CREATE TABLE counter_stuck (
    id          TEXT    NOT NULL PRIMARY KEY,
    number      TEXT    NOT NULL UNIQUE,
    code        TEXT    NOT NULL, -- keyed hash of the query code
    person      TEXT    NOT NULL, -- account, '' without sign-in
    contact     BYTEA   NOT NULL, -- sealed: name and phone
    words       BYTEA   NOT NULL, -- sealed: what, wish
    channel     TEXT    NOT NULL, -- online, counter
    place       TEXT    NOT NULL, -- where it failed: online, hall, department, phone
    kind        TEXT    NOT NULL, -- why
    division    TEXT    NOT NULL,
    item        TEXT    NOT NULL,
    item_zh     TEXT    NOT NULL,
    item_en     TEXT    NOT NULL,
    case_id     TEXT    NOT NULL,
    case_number TEXT    NOT NULL,
    hall_agency TEXT    NOT NULL, -- whose head assigns it
    agency      TEXT    NOT NULL, -- that answers
    agency_zh   TEXT    NOT NULL,
    agency_en   TEXT    NOT NULL,
    state       TEXT    NOT NULL, -- open, answered, closed
    due         TEXT    NOT NULL,
    result      TEXT    NOT NULL DEFAULT '', -- solved, explained, passed_on
    answer      TEXT    NOT NULL DEFAULT '',
    law         TEXT    NOT NULL DEFAULT '',
    solved      TEXT    NOT NULL DEFAULT '', -- what the person says: yes, no
    reopened    BOOLEAN NOT NULL,
    overdue     BOOLEAN NOT NULL,
    edition     BIGINT  NOT NULL,
    at          BIGINT  NOT NULL,
    answered_at BIGINT  NOT NULL DEFAULT 0,
    key         TEXT    NOT NULL UNIQUE
);
CREATE INDEX counter_stuck_agency ON counter_stuck (agency, state, due, id);
CREATE INDEX counter_stuck_division ON counter_stuck (division, state, at, id);

CREATE TABLE counter_stuck_steps (
    report     TEXT   NOT NULL,
    no         BIGINT NOT NULL,
    what       TEXT   NOT NULL,
    actor_kind TEXT   NOT NULL,
    actor_name TEXT   NOT NULL,
    note       BYTEA  NOT NULL, -- sealed
    at         BIGINT NOT NULL,
    PRIMARY KEY (report, no)
);
