-- +goose Up

-- What engines answered in a quality check; histories hold only the verdict.
CREATE TABLE answers (
    answer_key text NOT NULL,
    fleet text NOT NULL,
    at timestamptz NOT NULL,
    doc jsonb NOT NULL,
    PRIMARY KEY (answer_key)
);
CREATE INDEX answers_by_age ON answers (at);

-- Sets of prompts, by a hash of their content.
CREATE TABLE golden_sets (
    id text NOT NULL,
    doc jsonb NOT NULL,
    PRIMARY KEY (id)
);

-- Quality checks on their own.
CREATE TABLE validations (
    id text NOT NULL,
    fleet text NOT NULL,
    phase text NOT NULL,
    started_at timestamptz NOT NULL,
    closed_at timestamptz,
    doc jsonb NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX validations_by_fleet ON validations (fleet, started_at, id);

-- +goose Down

DROP TABLE validations;
DROP TABLE golden_sets;
DROP TABLE answers;
