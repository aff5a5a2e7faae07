-- +goose Up
-- From when and how long a material is owed, so that the day can be worked out
-- again. Without them the day stands as it was told.
ALTER TABLE casework_owed ADD COLUMN since TEXT NOT NULL DEFAULT '';
ALTER TABLE casework_owed ADD COLUMN days BIGINT NOT NULL DEFAULT 0;
