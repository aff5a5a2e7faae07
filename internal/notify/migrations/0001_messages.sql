-- +goose Up
CREATE TABLE notify_messages (
    id          TEXT PRIMARY KEY, -- of the event it tells about: in order of time
    account     TEXT NOT NULL,
    kind        TEXT NOT NULL,
    case_id     TEXT NOT NULL,
    number      TEXT NOT NULL,
    item_zh     TEXT NOT NULL,
    item_en     TEXT NOT NULL,
    due         TEXT NOT NULL,    -- ISO date or ''
    statutory   BOOLEAN NOT NULL,
    at          BIGINT NOT NULL,
    read        BOOLEAN NOT NULL,
    mail        TEXT NOT NULL,
    mail_change BIGINT NOT NULL
);
CREATE INDEX notify_messages_inbox ON notify_messages (account, id);
CREATE INDEX notify_messages_unread ON notify_messages (account) WHERE NOT read;
