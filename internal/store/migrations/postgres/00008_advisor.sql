-- +goose Up

-- Calls to language models, redacted: for audit, for budgets, and to answer the
-- same question from.
CREATE TABLE advisor_exchanges (
    id text NOT NULL,
    exchange_key text NOT NULL,
    fleet text NOT NULL,
    subject text NOT NULL,
    status text NOT NULL,
    at timestamptz NOT NULL,
    prompt_tokens integer NOT NULL,
    completion_tokens integer NOT NULL,
    doc jsonb NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX advisor_exchanges_by_key ON advisor_exchanges (exchange_key, status, at);
CREATE INDEX advisor_exchanges_by_subject ON advisor_exchanges (subject);
CREATE INDEX advisor_exchanges_by_age ON advisor_exchanges (at);

-- What language models, or rules alone, made of fleets.
CREATE TABLE insights (
    id text NOT NULL,
    fleet text NOT NULL,
    created_at timestamptz NOT NULL,
    doc jsonb NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX insights_by_fleet ON insights (fleet, created_at, id);

-- +goose Down

DROP TABLE insights;
DROP TABLE advisor_exchanges;
