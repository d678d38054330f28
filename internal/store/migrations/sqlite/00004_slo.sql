-- +goose Up

-- Good and bad events of an objective's indicator by minute and by hour, and how
-- many of those minutes kept it.
CREATE TABLE slo_counts (
    fleet text NOT NULL,
    variant text NOT NULL,
    indicator text NOT NULL,
    resolution text NOT NULL,
    starts_at datetime NOT NULL,
    good real NOT NULL,
    bad real NOT NULL,
    good_minutes real NOT NULL,
    bad_minutes real NOT NULL,
    PRIMARY KEY (fleet, resolution, starts_at, variant, indicator)
);
CREATE INDEX slo_counts_by_age ON slo_counts (resolution, starts_at);

-- Until when the events of a fleet are counted: what counts twice is refused.
CREATE TABLE slo_counted (
    fleet text NOT NULL,
    until datetime NOT NULL,
    PRIMARY KEY (fleet)
);

-- What violations are listed by.
ALTER TABLE violations ADD COLUMN severity text NOT NULL DEFAULT 'page';
ALTER TABLE violations ADD COLUMN acknowledged_at datetime;

-- Notifications that were sent, so that none is sent twice.
CREATE TABLE notices (
    notice_key text NOT NULL,
    target text NOT NULL,
    at datetime NOT NULL,
    PRIMARY KEY (notice_key, target)
);
CREATE INDEX notices_by_age ON notices (at);

-- +goose Down

DROP TABLE notices;
ALTER TABLE violations DROP COLUMN acknowledged_at;
ALTER TABLE violations DROP COLUMN severity;
DROP TABLE slo_counted;
DROP TABLE slo_counts;
