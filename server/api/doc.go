// Package api is the REST interface of the agent: typed handlers (huma on echo,
// so that one struct is the validation and the OpenAPI document), problem details
// for every error, idempotency, audit and rate limits.
//
// server/main.go builds it with New and serves its Handler; nobody else imports
// it. It owns no process logic: whatever must survive a crash is a workflow, which
// it starts, asks and commands through Workflows (temporal.go is the
// implementation on the SDK). What it stores or measures goes through the small
// interfaces of store.go and world.go; it must never import an adapter, wait for a
// workflow to end, or stop one because a caller went away.
//
// Every route is closed unless it says otherwise: operation.go is where it says the
// role, and needs.go the fleets, that a caller's credential must be good for; admit.go
// asks before anything else looks at the request.
//
// Files: one for each group of routes (fleets.go, runs.go, ...), operation.go for
// how a route is declared, errors.go for the only place where an error becomes a
// status.
package api
