-- +goose Up
-- Halls where people come in person, and their windows: data of administrators.
CREATE TABLE counter_halls (
    id         TEXT    NOT NULL PRIMARY KEY,
    agency     TEXT    NOT NULL, -- that runs the hall
    division   TEXT    NOT NULL,
    name_zh    TEXT    NOT NULL,
    name_en    TEXT    NOT NULL,
    address_zh TEXT    NOT NULL,
    address_en TEXT    NOT NULL,
    hours_zh   TEXT    NOT NULL,
    hours_en   TEXT    NOT NULL,
    phone      TEXT    NOT NULL,
    notice_zh  TEXT    NOT NULL, -- shown to the public; "" is none
    notice_en  TEXT    NOT NULL,
    kinds      TEXT    NOT NULL, -- kinds of business for tickets, JSON
    priorities TEXT    NOT NULL, -- who goes first, JSON list: elder, disabled, soldier, pregnant
    open       BOOLEAN NOT NULL, -- gives out tickets
    demo       BOOLEAN NOT NULL,
    edition    BIGINT  NOT NULL, -- counts changes: the second of two who change it at once is told
    changed_at BIGINT  NOT NULL
);
CREATE INDEX counter_halls_agency ON counter_halls (agency, id);

CREATE TABLE counter_windows (
    id         TEXT    NOT NULL PRIMARY KEY,
    hall       TEXT    NOT NULL,
    number     TEXT    NOT NULL, -- on the sign
    name_zh    TEXT    NOT NULL,
    name_en    TEXT    NOT NULL,
    purpose    TEXT    NOT NULL, -- general, issue (hands out), stuck (could not get it done)
    kinds      TEXT    NOT NULL, -- ids of the kinds of business it calls, JSON
    open       BOOLEAN NOT NULL,
    clerk      TEXT    NOT NULL, -- account that sits there; "" is nobody
    clerk_name TEXT    NOT NULL,
    since      BIGINT  NOT NULL,
    on_day     TEXT    NOT NULL, -- day of signing in: nobody sits there overnight
    edition    BIGINT  NOT NULL,
    UNIQUE (hall, number)
);
CREATE UNIQUE INDEX counter_windows_clerk ON counter_windows (clerk) WHERE clerk <> '';

-- Queue tickets.
CREATE TABLE counter_tickets (
    id          TEXT    NOT NULL PRIMARY KEY, -- not guessable: its page is the ticket on the phone
    hall        TEXT    NOT NULL,
    day         TEXT    NOT NULL,
    letter      TEXT    NOT NULL, -- of the kind it was taken for
    seq         BIGINT  NOT NULL, -- restarts each day
    kind        TEXT    NOT NULL, -- that it waits for now
    unsure      BOOLEAN NOT NULL, -- did not know what kind
    priority    TEXT    NOT NULL, -- why it goes first; "" is in turn
    rank        BIGINT  NOT NULL, -- 0 goes before 1
    person      TEXT    NOT NULL, -- blind index of who took it; "" without name
    state       TEXT    NOT NULL, -- waiting, called, serving, served, missed, cancelled
    window_id   TEXT    NOT NULL,
    window_no   TEXT    NOT NULL,
    clerk       TEXT    NOT NULL,
    calls       BIGINT  NOT NULL,
    taken_at    BIGINT  NOT NULL,
    queued_at   BIGINT  NOT NULL, -- orders the queue: when taken, or when moved to another kind
    called_at   BIGINT  NOT NULL, -- 0 is not
    begun_at    BIGINT  NOT NULL,
    ended_at    BIGINT  NOT NULL,
    UNIQUE (hall, day, letter, seq)
);
CREATE INDEX counter_tickets_queue ON counter_tickets (hall, day, state, kind, rank, queued_at, id);
CREATE UNIQUE INDEX counter_tickets_person ON counter_tickets (hall, day, kind, person)
    WHERE person <> '' AND state IN ('waiting', 'called', 'serving');
-- A window calls one at a time.
CREATE UNIQUE INDEX counter_tickets_window ON counter_tickets (window_id)
    WHERE window_id <> '' AND state IN ('called', 'serving');

-- Sessions with a person at a window.
CREATE TABLE counter_sessions (
    id           TEXT   NOT NULL PRIMARY KEY,
    hall         TEXT   NOT NULL,
    window_id    TEXT   NOT NULL,
    clerk        TEXT   NOT NULL,
    clerk_name   TEXT   NOT NULL,
    agency       TEXT   NOT NULL,
    ticket       TEXT   NOT NULL, -- "" is without
    person       TEXT   NOT NULL, -- account of who stands there
    how          TEXT   NOT NULL, -- card, code, seen
    device       TEXT   NOT NULL,
    level        BIGINT NOT NULL, -- real-name level of this check
    who          BYTEA  NOT NULL, -- name and masked number, sealed JSON
    subject_kind TEXT   NOT NULL, -- whom the person applies for: person, company
    subject      TEXT   NOT NULL,
    opened_at    BIGINT NOT NULL,
    on_day       TEXT   NOT NULL,
    seen_at      BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL, -- 0 is open
    reason       TEXT   NOT NULL  -- why it ended: done, signed_out, idle, day, taken_over
);
CREATE UNIQUE INDEX counter_sessions_clerk ON counter_sessions (clerk) WHERE ended_at = 0;
CREATE UNIQUE INDEX counter_sessions_person ON counter_sessions (person) WHERE ended_at = 0;
CREATE INDEX counter_sessions_hall ON counter_sessions (hall, on_day, opened_at);

-- Every request of a session, as those who assist somebody are bound to keep.
CREATE TABLE counter_requests (
    id      TEXT   NOT NULL PRIMARY KEY,
    session TEXT   NOT NULL,
    clerk   TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    method  TEXT   NOT NULL,
    path    TEXT   NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX counter_requests_session ON counter_requests (session, id);

-- Card readers: the key itself is one of the API keys.
CREATE TABLE counter_devices (
    id         TEXT   NOT NULL PRIMARY KEY, -- id of the API key
    hall       TEXT   NOT NULL,
    window_id  TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    made_by    TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE INDEX counter_devices_window ON counter_devices (window_id, made_at);

-- Reads of cards. What was read is wiped when it was used or two minutes have
-- passed; the row stays for a day, against replays.
CREATE TABLE counter_reads (
    id        TEXT   NOT NULL PRIMARY KEY,
    device    TEXT   NOT NULL,
    window_id TEXT   NOT NULL,
    nonce     TEXT   NOT NULL,
    card      BYTEA,            -- sealed JSON; null once wiped
    at        BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    used_at   BIGINT NOT NULL,
    used_by   TEXT   NOT NULL,
    UNIQUE (device, nonce)
);
CREATE INDEX counter_reads_window ON counter_reads (window_id, at);
CREATE INDEX counter_reads_expires ON counter_reads (expires);
