-- +goose Up

-- How somebody confirmed at a window what a clerk entered for them. It holds for
-- the revision that was confirmed, and while the draft waits for its signers for
-- the round in which it was sent there.
CREATE TABLE form_confirmations (
    draft_id TEXT PRIMARY KEY,
    rev BIGINT NOT NULL,
    round BIGINT NOT NULL, -- of signing; 0 is none
    method TEXT NOT NULL CHECK (method IN ('paper', 'drawn')),
    account TEXT NOT NULL, -- of who confirmed
    sealed BYTEA NOT NULL, -- sealed JSON: the name and the mark
    place TEXT NOT NULL, -- JSON: the window, and the clerk who was witness
    sheet TEXT NOT NULL, -- scan of what was signed by hand: blob, name, type, bytes
    sheet_name TEXT NOT NULL,
    sheet_type TEXT NOT NULL,
    sheet_size BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL
);

CREATE INDEX form_confirmations_sheet ON form_confirmations (sheet);

-- What a clerk saw of the originals of materials.
CREATE TABLE form_originals (
    draft_id TEXT NOT NULL,
    file TEXT NOT NULL, -- id of the file; "material.<id>" where the original alone was shown
    compared BOOLEAN NOT NULL,
    paper TEXT NOT NULL, -- '', kept or returned
    by_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    agency_zh TEXT NOT NULL,
    agency_en TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (draft_id, file)
);
