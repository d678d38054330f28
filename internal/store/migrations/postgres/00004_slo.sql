-- +goose Up

-- Good and bad events of an objective's indicator by minute and by hour, and how
-- many of those minutes kept it.
CREATE TABLE slo_counts (
    fleet text NOT NULL,
    variant text NOT NULL,
    indicator text NOT NULL,
    resolution text NOT NULL,
    starts_at timestamptz NOT NULL,
    good double precision NOT NULL,
    bad double precision NOT NULL,
    good_minutes double precision NOT NULL,
    bad_minutes double precision NOT NULL,
    PRIMARY KEY (fleet, resolution, starts_at, variant, indicator)
);
CREATE INDEX slo_counts_by_age ON slo_counts (resolution, starts_at);

-- Until when the events of a fleet are counted: what counts twice is refused.
CREATE TABLE slo_counted (
    fleet text NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (fleet)
);

-- What violations are listed by.
ALTER TABLE violations ADD COLUMN severity text NOT NULL DEFAULT 'page';
ALTER TABLE violations ADD COLUMN acknowledged_at timestamptz;

-- Notifications that were sent, so that none is sent twice.
CREATE TABLE notices (
    notice_key text NOT NULL,
    target text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (notice_key, target)
);
CREATE INDEX notices_by_age ON notices (at);

-- +goose Down

DROP TABLE notices;
ALTER TABLE violations DROP COLUMN acknowledged_at;
ALTER TABLE violations DROP COLUMN severity;
DROP TABLE slo_counted;
DROP TABLE slo_counts;
