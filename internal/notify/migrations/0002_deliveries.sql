-- +goose Up
ALTER TABLE notify_messages ADD COLUMN subject TEXT NOT NULL DEFAULT ''; -- person or company it is about
ALTER TABLE notify_messages ADD COLUMN path TEXT NOT NULL DEFAULT '';    -- page that shows more; '' follows from the kind
ALTER TABLE notify_messages ADD COLUMN facts TEXT NOT NULL DEFAULT '{}'; -- JSON: what else the words need

-- The way of a message through each channel but the inbox.
CREATE TABLE notify_deliveries (
    message    TEXT NOT NULL,
    channel    TEXT NOT NULL,   -- mail, sms, webhook
    state      TEXT NOT NULL,   -- waiting, sent, none, refused, given_up
    class      TEXT NOT NULL,   -- of the last error, '' for none
    tries      BIGINT NOT NULL,
    due_at     BIGINT NOT NULL, -- not before: quiet hours
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (message, channel)
);
CREATE INDEX notify_deliveries_failed ON notify_deliveries (changed_at) WHERE state IN ('refused', 'given_up');
-- What was known of mail until now. The columns mail and mail_change are no longer used.
INSERT INTO notify_deliveries (message, channel, state, class, tries, due_at, changed_at)
    SELECT id, 'mail', mail, '', 0, at, mail_change FROM notify_messages WHERE mail <> '';

-- How a person wants to be told.
CREATE TABLE notify_choices (
    account    TEXT PRIMARY KEY,
    data       TEXT NOT NULL,   -- JSON
    changed_at BIGINT NOT NULL
);

-- Where a person or a company has notices posted to.
CREATE TABLE notify_hooks (
    owner   TEXT PRIMARY KEY,   -- subject id
    account TEXT NOT NULL,      -- who registered it, and whose choices hold
    url     TEXT NOT NULL,
    secret  BYTEA NOT NULL,     -- sealed
    made_at BIGINT NOT NULL
);
