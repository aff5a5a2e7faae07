-- +goose Up
-- One row for each visit, hearing, review or errand. What it says of people is
-- sealed in body.
CREATE TABLE inquiry_inquiries (
    id             TEXT PRIMARY KEY,
    kind           TEXT NOT NULL,
    case_id        TEXT NOT NULL,
    number         TEXT NOT NULL,
    item           TEXT NOT NULL,
    item_zh        TEXT NOT NULL,
    item_en        TEXT NOT NULL,
    agency         TEXT NOT NULL,
    agency_zh      TEXT NOT NULL,
    agency_en      TEXT NOT NULL,
    division       TEXT NOT NULL,
    applicant      TEXT NOT NULL,
    applicant_kind TEXT NOT NULL,
    applicant_name TEXT NOT NULL,
    operator       TEXT NOT NULL,
    state          TEXT NOT NULL,
    open           BOOLEAN NOT NULL,
    on_day         TEXT NOT NULL,   -- of the appointment, '' for none
    slot           TEXT NOT NULL,
    due            TEXT NOT NULL,   -- of the next step, '' for none
    late           BOOLEAN NOT NULL,
    people         TEXT NOT NULL,   -- officials: '|a|b|'
    public         BOOLEAN NOT NULL,
    special        TEXT NOT NULL,
    revision       BIGINT NOT NULL,
    body           BYTEA NOT NULL,
    made_at        BIGINT NOT NULL,
    moved_at       BIGINT NOT NULL,
    closed_at      BIGINT NOT NULL
);
CREATE INDEX inquiry_inquiries_case ON inquiry_inquiries (case_id, made_at);
-- One visit and one hearing of a case at a time; reviews and errands hold a special
-- procedure each.
CREATE UNIQUE INDEX inquiry_inquiries_one ON inquiry_inquiries (case_id, kind, special) WHERE open;
CREATE INDEX inquiry_inquiries_open ON inquiry_inquiries (agency, open, on_day, id);
CREATE INDEX inquiry_inquiries_special ON inquiry_inquiries (special);
CREATE INDEX inquiry_inquiries_public ON inquiry_inquiries (public, on_day);
CREATE INDEX inquiry_inquiries_applicant ON inquiry_inquiries (applicant, open);

CREATE TABLE inquiry_files (
    id         TEXT PRIMARY KEY,
    inquiry_id TEXT NOT NULL,
    role       TEXT NOT NULL,
    item       TEXT NOT NULL,
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    size       BIGINT NOT NULL,
    blob       TEXT NOT NULL,
    copy       TEXT NOT NULL,
    shot       BYTEA NOT NULL,      -- sealed: when and where, as the camera wrote it
    at         BIGINT NOT NULL,
    by_id      TEXT NOT NULL,
    by_name    TEXT NOT NULL,
    UNIQUE (inquiry_id, role, item, blob)
);
CREATE INDEX inquiry_files_blob ON inquiry_files (blob);
CREATE INDEX inquiry_files_copy ON inquiry_files (copy);

CREATE TABLE inquiry_uploads (
    id         TEXT PRIMARY KEY,
    inquiry_id TEXT NOT NULL,
    item       TEXT NOT NULL,
    name       TEXT NOT NULL,
    size       BIGINT NOT NULL,
    received   BIGINT NOT NULL,
    account    TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX inquiry_uploads_inquiry ON inquiry_uploads (inquiry_id, expires_at);

CREATE TABLE inquiry_experts (
    id       TEXT PRIMARY KEY,
    agency   TEXT NOT NULL,
    name     TEXT NOT NULL,
    field    TEXT NOT NULL,
    unit     TEXT NOT NULL,
    contact  BYTEA NOT NULL,        -- sealed
    active   BOOLEAN NOT NULL,
    at       BIGINT NOT NULL
);
CREATE INDEX inquiry_experts_agency ON inquiry_experts (agency, active, field, id);

-- One-time links of experts without an account, by the hash of the secret.
CREATE TABLE inquiry_links (
    hash       TEXT PRIMARY KEY,
    inquiry_id TEXT NOT NULL,
    member     TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL
);
CREATE INDEX inquiry_links_member ON inquiry_links (inquiry_id, member);
