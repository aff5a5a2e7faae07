-- +goose Up
-- A session ends with the login under which its clerk opened it; "" is not known.
ALTER TABLE counter_sessions ADD COLUMN login TEXT NOT NULL DEFAULT '';
