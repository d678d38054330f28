// Package workflows is the durable loop: optimize, test, roll out, monitor.
//
// Each workflow is an exported noun (Optimize, Trial, Rollout, CanaryStage,
// Monitor, LoadTest) whose few lines build a private struct and let it run; the
// struct's fields are the state, its methods the steps. Workflow code decides
// and waits. It touches the world only through the activities, whose method
// references and input and result structs are all it knows of them, and it asks
// the pure packages (judge, propose) for decisions.
//
// The worker registers the workflows with Register; the API starts, signals,
// updates and queries them by the names in names.go, which are wire contracts:
// people type them into tctl. Workflow code must never import an adapter, read
// the clock, range over a map, or return an error that contains a cancellation
// unless the workflow was cancelled and cleanly undone (reference: temporal.md,
// trap 1).
package workflows
