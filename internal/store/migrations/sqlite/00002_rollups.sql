-- +goose Up

-- A snapshot is rolled once it is counted in a roll-up; only then may it go.
ALTER TABLE snapshots ADD COLUMN rolled integer NOT NULL DEFAULT 0;
CREATE INDEX snapshots_to_roll ON snapshots (taken_at, id) WHERE NOT rolled;

-- Merged measurements of a minute or an hour. A minute is rolled once its hour
-- counts it.
CREATE TABLE rollups (
    fleet text NOT NULL,
    variant text NOT NULL,
    resolution text NOT NULL,
    starts_at datetime NOT NULL,
    rolled integer NOT NULL DEFAULT 0,
    doc text NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (fleet, variant, resolution, starts_at)
);
CREATE INDEX rollups_by_age ON rollups (resolution, starts_at);
CREATE INDEX rollups_to_roll ON rollups (starts_at) WHERE NOT rolled;

-- Since when each resolution is complete: what is older may have been removed.
-- A resolution without a row is complete. Whoever builds roll-ups or moves a
-- horizon holds the row of 'raw'.
CREATE TABLE horizons (
    resolution text NOT NULL,
    since datetime NOT NULL,
    PRIMARY KEY (resolution)
);

-- +goose Down

DROP TABLE horizons;
DROP TABLE rollups;
DROP INDEX snapshots_to_roll;
ALTER TABLE snapshots DROP COLUMN rolled;
