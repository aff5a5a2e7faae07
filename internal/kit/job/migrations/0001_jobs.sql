-- +goose Up
CREATE TABLE job_jobs (
    id      TEXT PRIMARY KEY,
    kind    TEXT NOT NULL,
    uniq    TEXT,             -- NULL: any number may stand side by side
    payload TEXT NOT NULL,    -- JSON
    due     BIGINT NOT NULL,  -- while claimed: when the claim ends
    attempt BIGINT NOT NULL,  -- claims so far
    claim   TEXT NOT NULL,    -- token of who works on it
    dead    BOOLEAN NOT NULL,
    error   TEXT NOT NULL,    -- of the last attempt
    made    BIGINT NOT NULL
);
CREATE INDEX job_jobs_due ON job_jobs (kind, due, id) WHERE NOT dead;
CREATE UNIQUE INDEX job_jobs_uniq ON job_jobs (kind, uniq) WHERE uniq IS NOT NULL AND NOT dead;
CREATE INDEX job_jobs_dead ON job_jobs (id) WHERE dead;
