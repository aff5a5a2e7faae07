-- +goose Up

-- "company" is whom the owner acts for, whatever the kind of right: a company,
-- a person or a ward.
ALTER TABLE form_drafts ADD COLUMN acting TEXT NOT NULL DEFAULT ''; -- company, person or ward; '' is oneself
UPDATE form_drafts SET acting = 'company' WHERE company <> '';
ALTER TABLE form_drafts ADD COLUMN mandate TEXT NOT NULL DEFAULT ''; -- under which it was last changed
ALTER TABLE form_drafts ADD COLUMN state TEXT NOT NULL DEFAULT 'open'; -- open or signing
ALTER TABLE form_drafts ADD COLUMN round BIGINT NOT NULL DEFAULT 0; -- of signing: a reminder of an earlier one is void

ALTER TABLE form_files ADD COLUMN origin TEXT NOT NULL DEFAULT 'upload';
ALTER TABLE form_files ADD COLUMN level TEXT NOT NULL DEFAULT 'C';
ALTER TABLE form_files ADD COLUMN pages BIGINT NOT NULL DEFAULT 0;
ALTER TABLE form_files ADD COLUMN turn BIGINT NOT NULL DEFAULT 0; -- degrees clockwise
ALTER TABLE form_files ADD COLUMN source TEXT NOT NULL DEFAULT ''; -- number of the licence or the earlier case
ALTER TABLE form_files ADD COLUMN note BYTEA; -- sealed: words of a statement
ALTER TABLE form_files ADD COLUMN due TEXT NOT NULL DEFAULT ''; -- of an owed material
ALTER TABLE form_files ADD COLUMN signer TEXT NOT NULL DEFAULT ''; -- who handed it in; '' is the applicant

CREATE INDEX form_files_blob ON form_files (blob);

-- One row per signer while an application waits for signatures.
CREATE TABLE form_signatures (
    draft_id TEXT NOT NULL,
    signer TEXT NOT NULL, -- id of the signer; "<id>/<row>" in a group
    person TEXT NOT NULL, -- blind index of the identity number
    name BYTEA NOT NULL, -- sealed
    state TEXT NOT NULL CHECK (state IN ('waiting', 'signed', 'declined')),
    account TEXT NOT NULL, -- who signed or declined
    method TEXT NOT NULL, -- keyed or drawn
    sealed BYTEA, -- sealed JSON: what was signed, the mark, the signer's own answers
    rev BIGINT NOT NULL, -- of the signer's answers
    asked_at BIGINT NOT NULL,
    reminded_at BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (draft_id, signer)
);

CREATE INDEX form_signatures_person ON form_signatures (person, state, asked_at);

-- Files that have not arrived completely.
CREATE TABLE form_uploads (
    id TEXT PRIMARY KEY,
    draft_id TEXT NOT NULL,
    material TEXT NOT NULL,
    name TEXT NOT NULL,
    size BIGINT NOT NULL,
    received BIGINT NOT NULL,
    account TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX form_uploads_draft ON form_uploads (draft_id, made_at);

-- Files that no draft names any more; a job deletes them after a while, unless
-- somebody else keeps them.
CREATE TABLE form_orphans (
    blob TEXT PRIMARY KEY,
    left_at BIGINT NOT NULL
);

CREATE INDEX form_orphans_left ON form_orphans (left_at);

-- How much each submission was not asked, for the catalogue.
CREATE TABLE form_shares (
    draft_id TEXT PRIMARY KEY,
    item TEXT NOT NULL,
    fields BIGINT NOT NULL,
    fields_held BIGINT NOT NULL,
    materials BIGINT NOT NULL,
    materials_held BIGINT NOT NULL
);

CREATE INDEX form_shares_item ON form_shares (item);
