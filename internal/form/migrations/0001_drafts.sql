-- +goose Up
CREATE TABLE form_drafts (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('application', 'correction')),
    item TEXT NOT NULL,
    version BIGINT NOT NULL,
    owner TEXT NOT NULL,
    company TEXT NOT NULL, -- '' when the owner applies for themselves
    party TEXT NOT NULL, -- JSON
    case_id TEXT NOT NULL, -- of a correction
    rev BIGINT NOT NULL,
    answers TEXT NOT NULL, -- JSON: answers that are not personal
    sealed BYTEA, -- sealed JSON: personal answers, and what the government holds
    done BIGINT NOT NULL, -- steps
    total BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    held_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL, -- 0 while it is open
    receipt TEXT NOT NULL -- JSON once submitted
);

CREATE INDEX form_drafts_owner ON form_drafts (owner, company, submitted_at, saved_at);

-- One open correction per case, whoever opens the page first.
CREATE UNIQUE INDEX form_drafts_correction ON form_drafts (case_id) WHERE kind = 'correction' AND submitted_at = 0;

CREATE TABLE form_files (
    id TEXT PRIMARY KEY,
    draft_id TEXT NOT NULL,
    material TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size BIGINT NOT NULL,
    blob TEXT NOT NULL,
    uploaded_at BIGINT NOT NULL
);

CREATE INDEX form_files_draft ON form_files (draft_id, uploaded_at, id);
