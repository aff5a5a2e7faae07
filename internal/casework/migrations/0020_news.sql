-- +goose Up
-- Until when a side has read what agencies asked and answered in a thread, which is
-- no message and has no number.
ALTER TABLE casework_message_reads ADD COLUMN seen BIGINT NOT NULL DEFAULT 0;

-- Opinions that were there before this are no news.
INSERT INTO casework_message_reads (case_id, thread, reader, no, seen)
SELECT u.case_id, 'internal', c.agency, 0, MAX(u.ended_at)
FROM casework_units AS u JOIN casework_cases AS c ON c.id = u.case_id
WHERE u.state = 'answered' GROUP BY u.case_id, c.agency
ON CONFLICT (case_id, thread, reader) DO UPDATE SET seen = excluded.seen;

-- What agencies write to each other is little beside what applicants write.
CREATE INDEX casework_messages_internal ON casework_messages (case_id) WHERE thread = 'internal';
