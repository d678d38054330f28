// Package store keeps what people and the API read: fleets, runs, rollouts,
// violations, measurements, load tests, events, the audit log and idempotency
// keys. It runs on an embedded SQLite file, which an API server and a worker on
// one machine may share, or on Postgres; both have the same tables and pass the
// same tests.
//
// The composition roots (server, worker, deploy/local) open one Store each and
// hand it to the API and the activities, which see it through interfaces of
// their own. A record is stored as one JSON document beside the columns it is
// looked up by, so a new field of a record needs no migration. Every save is an
// upsert by the record's natural key: activities and workflows repeat
// themselves, and a repeat must have no effect of its own.
//
// The truth about a run is its workflow. So the store must never decide
// anything, never hand out a row as a record of the domain (rows are private),
// and never create a table outside the numbered migrations.
package store
