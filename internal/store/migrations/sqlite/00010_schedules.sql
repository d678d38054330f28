-- +goose Up

-- Runs that are started again and again. Temporal keeps their time; what they
-- start, and whether, is what is here.
CREATE TABLE schedules (
    id text NOT NULL,
    fleet text NOT NULL,
    name text NOT NULL,
    generation bigint NOT NULL,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX schedules_by_name ON schedules (fleet, name);

-- What became of the times at which they were due.
CREATE TABLE occurrences (
    occurrence_key text NOT NULL,
    schedule_id text NOT NULL,
    fleet text NOT NULL,
    at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (occurrence_key)
);
CREATE INDEX occurrences_by_schedule ON occurrences (schedule_id, at, occurrence_key);
CREATE INDEX occurrences_by_age ON occurrences (at);

-- +goose Down

DROP TABLE occurrences;
DROP TABLE schedules;
