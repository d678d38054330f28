// Package orchestrator makes this agent a member of an OptiInfra orchestrator: it
// registers, sends heartbeats, registers again when it was forgotten, and takes
// its leave.
//
// The server composes it and runs one Member for as long as it lives; the API
// shows its state. Tasks come the other way, as requests to the API, and are none
// of its business. An orchestrator that is absent, slow or wrong costs log lines
// and nothing else: it must never stop or delay the agent's own work.
package orchestrator
