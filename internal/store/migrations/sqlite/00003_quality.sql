-- +goose Up

-- What engines answered in a quality check; histories hold only the verdict.
CREATE TABLE answers (
    answer_key text NOT NULL,
    fleet text NOT NULL,
    at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (answer_key)
);
CREATE INDEX answers_by_age ON answers (at);

-- Sets of prompts, by a hash of their content.
CREATE TABLE golden_sets (
    id text NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (id)
);

-- Quality checks on their own.
CREATE TABLE validations (
    id text NOT NULL,
    fleet text NOT NULL,
    phase text NOT NULL,
    started_at datetime NOT NULL,
    closed_at datetime,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (id)
);
CREATE INDEX validations_by_fleet ON validations (fleet, started_at, id);

-- +goose Down

DROP TABLE validations;
DROP TABLE golden_sets;
DROP TABLE answers;
