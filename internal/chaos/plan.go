package chaos

import (
	"fmt"
	"strings"
	"time"
)

// Scenario is what is asked of the agent in a run.
type Scenario string

// Scenarios.
const (
	Promotion Scenario = "promotion"  // a good configuration is rolled out
	BadCanary Scenario = "bad-canary" // its canary is slow from the start
	Violation Scenario = "violation"  // its canary becomes slow in mid-stage
	Recall    Scenario = "recall"     // a person takes it back in mid-stage
	Optimize  Scenario = "optimize"   // a run with a small search, and its rollout
)

// Routers behind which a fleet can be.
const (
	Gateway = "gateway"
	HAProxy = "haproxy"
)

// Moment is an event of a run, as it can be seen from outside the agent.
type Moment string

// Moments.
const (
	Accepted     Moment = "accepted"      // the API took the order
	CanaryRuns   Moment = "canary-runs"   // a process of the canary is there
	CanaryServes Moment = "canary-serves" // the canary has a share of the traffic
	CanaryAlone  Moment = "canary-alone"  // the canary has all of it
	Restored     Moment = "restored"      // stable has all of it again
	StagingRuns  Moment = "staging-runs"  // a process of a trial is there
)

// Target is what a fault hits.
type Target string

// Targets. The first five are shared by the runs of a cell, the others belong to
// one fleet.
const (
	Worker   Target = "worker"
	Server   Target = "server"
	Temporal Target = "temporal"
	Database Target = "database"
	Disk     Target = "disk" // of the state folder of worker and gateways
	Router   Target = "router"
	Control  Target = "control" // the worker's way to the gateway
	Engine   Target = "engine"
	Metrics  Target = "metrics" // an engine's page
	Advisor  Target = "advisor"
)

// Way is how it hits.
type Way string

// Ways.
const (
	Kill    Way = "kill"    // SIGKILL, and a restart after the fault's time
	Freeze  Way = "freeze"  // SIGSTOP, and SIGCONT after it
	Cut     Way = "cut"     // connections are cut and refused
	Stall   Way = "stall"   // connections stay and carry nothing
	Delay   Way = "delay"   // every answer is late
	Corrupt Way = "corrupt" // bytes of answers are others
	Gone    Way = "gone"    // the page does not exist
	Full    Way = "full"    // no space left
)

// Fault is one blow.
type Fault struct {
	Target  Target `json:"target"`
	Way     Way    `json:"way"`
	Variant string `json:"variant,omitempty"` // of engine and metrics
	At      Moment `json:"at"`
	// AfterMS is how long after the moment it falls, LastsMS how long it lasts.
	AfterMS int64 `json:"after_ms"`
	LastsMS int64 `json:"lasts_ms"`
}

// Kind names it without its time, for tables.
func (f Fault) Kind() string {
	if f.Variant != "" {
		return fmt.Sprintf("%s %s of %s", f.Way, f.Target, f.Variant)
	}
	return fmt.Sprintf("%s %s", f.Way, f.Target)
}

// Shared says that the fault hits all runs of its cell.
func (f Fault) Shared() bool {
	switch f.Target {
	case Worker, Server, Temporal, Database, Disk, Advisor:
		return true
	}
	return false
}

// After and Lasts are its times.
func (f Fault) After() time.Duration { return time.Duration(f.AfterMS) * time.Millisecond }

// Lasts is how long the fault stays.
func (f Fault) Lasts() time.Duration { return time.Duration(f.LastsMS) * time.Millisecond }

// String is the fault in words.
func (f Fault) String() string {
	return fmt.Sprintf("%s %s after %s, for %s", f.Kind(), f.After(), f.At, f.Lasts())
}

// Plan is one run.
type Plan struct {
	Seed     uint64   `json:"seed"`
	Scenario Scenario `json:"scenario"`
	Router   string   `json:"router"`
	Faults   []Fault  `json:"faults"` // at least one
	// StepMS is how long after the canary serves the person or the trouble of the
	// scenario comes, where there is one.
	StepMS int64 `json:"step_ms,omitempty"`
}

// Fleet is the name of the run's fleet.
func (p Plan) Fleet() string { return fmt.Sprintf("chaos-%d", p.Seed) }

// String is the plan in a line.
func (p Plan) String() string {
	words := make([]string, len(p.Faults))
	for i, f := range p.Faults {
		words[i] = f.String()
	}
	return fmt.Sprintf("seed %d: %s behind %s: %s", p.Seed, p.Scenario, p.Router, strings.Join(words, "; "))
}
