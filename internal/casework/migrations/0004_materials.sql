-- +goose Up
-- How a material came, beyond being a file. What somebody stated is sealed.
ALTER TABLE casework_materials ADD COLUMN pages  BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_materials ADD COLUMN turn   BIGINT NOT NULL DEFAULT 0;
ALTER TABLE casework_materials ADD COLUMN source TEXT   NOT NULL DEFAULT '';
ALTER TABLE casework_materials ADD COLUMN words  TEXT   NOT NULL DEFAULT '';
ALTER TABLE casework_materials ADD COLUMN due    TEXT   NOT NULL DEFAULT '';
ALTER TABLE casework_materials ADD COLUMN signer TEXT   NOT NULL DEFAULT '';
CREATE INDEX casework_materials_blob ON casework_materials (blob);
CREATE INDEX casework_documents_blob ON casework_documents (blob);

-- Files of messages, so that nobody sweeps them away.
CREATE TABLE casework_message_files (
	blob    TEXT NOT NULL,
	message TEXT NOT NULL,
	PRIMARY KEY (blob, message)
);
