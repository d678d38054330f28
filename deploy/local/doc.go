// Command local runs the whole product on this machine and lets it optimize a
// fleet: Temporal's dev server with its Web UI, two replicas of a simulated
// engine behind the gateway, production-like traffic, the API and a worker as
// processes of their own. It starts the run through the REST API as a user
// would, shows its progress, prints the before/after table, and keeps serving
// until it is interrupted (or ends with the run under -once). Whatever it
// starts, it stops.
//
// The engines are simulated, and every figure printed here is one of the
// simulation (see README, "What is real"). Nothing imports this program.
package main
