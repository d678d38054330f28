-- +goose Up

-- Comparisons of measurements that were asked for.
CREATE TABLE comparisons (
    id text NOT NULL,
    fleet text NOT NULL,
    created_at datetime NOT NULL,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (id)
);
CREATE INDEX comparisons_by_age ON comparisons (created_at, id);
CREATE INDEX comparisons_by_fleet ON comparisons (fleet, created_at, id);

-- +goose Down

DROP TABLE comparisons;
