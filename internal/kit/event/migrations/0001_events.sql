-- +goose Up
CREATE TABLE event_events (
    id         TEXT PRIMARY KEY,  -- UUIDv7: in order of time
    name       TEXT NOT NULL,
    at         BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor      TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    subject    TEXT NOT NULL,
    object     TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    basis      TEXT NOT NULL,
    body       TEXT NOT NULL,     -- canonical JSON (RFC 8785)
    salt       BYTEA,             -- NULL: erased
    leaf       BYTEA NOT NULL
);
CREATE INDEX event_events_object ON event_events (object, id);
CREATE INDEX event_events_subject ON event_events (subject, id) WHERE subject <> '';
