-- +goose Up
-- For whom an actor acted and by what right; both empty where for oneself.
ALTER TABLE event_events ADD COLUMN on_behalf_of TEXT NOT NULL DEFAULT '';
ALTER TABLE event_events ADD COLUMN mandate TEXT NOT NULL DEFAULT '';
CREATE INDEX event_events_mandate ON event_events (mandate, id) WHERE mandate <> '';
