-- +goose Up

-- What is served, as people configured it.
CREATE TABLE fleets (
    name text NOT NULL,
    generation integer NOT NULL,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (name)
);
CREATE INDEX fleets_by_age ON fleets (created_at, name);

-- One optimization each.
CREATE TABLE runs (
    id text NOT NULL,
    fleet text NOT NULL,
    outcome text NOT NULL,
    started_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (id)
);
CREATE INDEX runs_by_age ON runs (started_at, id);
CREATE INDEX runs_by_fleet ON runs (fleet, started_at, id);
CREATE INDEX runs_by_outcome ON runs (outcome, started_at, id);

-- Staging measurements of a run.
CREATE TABLE trials (
    run_id text NOT NULL,
    number integer NOT NULL,
    fleet text NOT NULL,
    updated_at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (run_id, number)
);

-- One canary shift each.
CREATE TABLE rollouts (
    id text NOT NULL,
    fleet text NOT NULL,
    outcome text NOT NULL,
    started_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (id)
);
CREATE INDEX rollouts_by_age ON rollouts (started_at, id);
CREATE INDEX rollouts_by_fleet ON rollouts (fleet, started_at, id);
CREATE INDEX rollouts_by_outcome ON rollouts (outcome, started_at, id);

-- Steps of a rollout.
CREATE TABLE stages (
    rollout_id text NOT NULL,
    position integer NOT NULL,
    fleet text NOT NULL,
    ended_at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (rollout_id, position)
);

-- Breaches of objectives, by fingerprint.
CREATE TABLE violations (
    id text NOT NULL,
    fleet text NOT NULL,
    opened_at datetime NOT NULL,
    resolved_at datetime,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (id)
);
CREATE INDEX violations_by_age ON violations (opened_at, id);
CREATE INDEX violations_by_fleet ON violations (fleet, opened_at, id);

-- Measurements.
CREATE TABLE snapshots (
    id integer PRIMARY KEY AUTOINCREMENT,
    fleet text NOT NULL,
    variant text NOT NULL,
    taken_at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc))
);
CREATE UNIQUE INDEX snapshots_once ON snapshots (fleet, variant, taken_at);
CREATE INDEX snapshots_by_age ON snapshots (taken_at, id);

-- Diagnoses.
CREATE TABLE analyses (
    id text NOT NULL,
    fleet text NOT NULL,
    created_at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (id)
);
CREATE INDEX analyses_by_age ON analyses (created_at, id);
CREATE INDEX analyses_by_fleet ON analyses (fleet, created_at, id);

-- Changes kept for decision.
CREATE TABLE recommendations (
    id text NOT NULL,
    fleet text NOT NULL,
    status text NOT NULL,
    created_at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (id)
);
CREATE INDEX recommendations_by_age ON recommendations (created_at, id);
CREATE INDEX recommendations_by_fleet ON recommendations (fleet, created_at, id);

-- Load tests on their own.
CREATE TABLE load_tests (
    id text NOT NULL,
    fleet text NOT NULL,
    phase text NOT NULL,
    started_at datetime NOT NULL,
    closed_at datetime,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (id)
);
CREATE INDEX load_tests_by_age ON load_tests (started_at, id);
CREATE INDEX load_tests_by_fleet ON load_tests (fleet, started_at, id);

-- The story of runs and rollouts; seq counts within one.
CREATE TABLE events (
    run_id text NOT NULL,
    seq integer NOT NULL,
    event_key text NOT NULL,
    at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (run_id, seq)
);
CREATE UNIQUE INDEX events_once ON events (run_id, event_key);
CREATE INDEX events_by_age ON events (at);

-- Who asked for which change.
CREATE TABLE audit (
    id integer PRIMARY KEY AUTOINCREMENT,
    at datetime NOT NULL,
    actor text NOT NULL,
    target text NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc))
);
CREATE INDEX audit_by_age ON audit (at, id);

-- Claims on requests; doc is the answer, NULL while the work runs.
CREATE TABLE idempotency_keys (
    principal text NOT NULL,
    request_key text NOT NULL,
    body_hash text NOT NULL,
    owner text NOT NULL,
    lease_until datetime NOT NULL,
    created_at datetime NOT NULL,
    doc text CHECK (doc IS NULL OR json_valid(doc)),
    PRIMARY KEY (principal, request_key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- +goose Down

DROP TABLE idempotency_keys;
DROP TABLE audit;
DROP TABLE events;
DROP TABLE load_tests;
DROP TABLE recommendations;
DROP TABLE analyses;
DROP TABLE snapshots;
DROP TABLE violations;
DROP TABLE stages;
DROP TABLE rollouts;
DROP TABLE trials;
DROP TABLE runs;
DROP TABLE fleets;
