-- +goose Up

-- Keys for the API. Only the hash of a key is kept.
CREATE TABLE api_keys (
    id text NOT NULL,
    name text NOT NULL,
    hash text NOT NULL,
    role text NOT NULL,
    created_at datetime NOT NULL,
    expires_at datetime,
    revoked_at datetime,
    used_at datetime,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash);
-- A name is free again once its key is revoked.
CREATE UNIQUE INDEX api_keys_in_force ON api_keys (name) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_by_age ON api_keys (created_at, id);

-- +goose Down

DROP TABLE api_keys;
