-- +goose Up

-- What makes a row of the audit log that is written twice one row.
ALTER TABLE audit ADD COLUMN event_key text;
CREATE UNIQUE INDEX audit_once ON audit (event_key) WHERE event_key IS NOT NULL;

-- +goose Down

DROP INDEX audit_once;
ALTER TABLE audit DROP COLUMN event_key;
