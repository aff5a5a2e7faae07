-- +goose Up
-- Networks from which tickets of a hall may be taken, JSON list of CIDRs; empty is anywhere.
ALTER TABLE counter_halls ADD COLUMN networks TEXT NOT NULL DEFAULT '[]';
