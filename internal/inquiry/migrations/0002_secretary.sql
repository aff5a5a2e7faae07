-- +goose Up
-- Who began an inquiry organises it: sets a hearing that was asked for, gathers the
-- opinions of experts. Those from before have nobody.
ALTER TABLE inquiry_inquiries ADD COLUMN secretary TEXT NOT NULL DEFAULT '';
CREATE INDEX inquiry_inquiries_secretary ON inquiry_inquiries (secretary) WHERE open;
-- Visits whose corrections are not confirmed yet: closed, and still work.
CREATE INDEX inquiry_inquiries_mend ON inquiry_inquiries (agency) WHERE kind = 'visit' AND state = 'closed' AND due <> '';
