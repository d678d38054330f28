-- +goose Up

-- Runs that are started again and again. Temporal keeps their time; what they
-- start, and whether, is what is here.
CREATE TABLE schedules (
    id text NOT NULL,
    fleet text NOT NULL,
    name text NOT NULL,
    generation bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    doc jsonb NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX schedules_by_name ON schedules (fleet, name);

-- What became of the times at which they were due.
CREATE TABLE occurrences (
    occurrence_key text NOT NULL,
    schedule_id text NOT NULL,
    fleet text NOT NULL,
    at timestamptz NOT NULL,
    doc jsonb NOT NULL,
    PRIMARY KEY (occurrence_key)
);
CREATE INDEX occurrences_by_schedule ON occurrences (schedule_id, at, occurrence_key);
CREATE INDEX occurrences_by_age ON occurrences (at);

-- +goose Down

DROP TABLE occurrences;
DROP TABLE schedules;
