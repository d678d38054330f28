package chaos

import (
	"fmt"
	"maps"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Breach is one invariant that does not hold.
type Breach struct {
	Invariant string `json:"invariant"`
	Detail    string `json:"detail"`
}

// String is the breach in a line.
func (b Breach) String() string { return b.Invariant + ": " + b.Detail }

type invariant struct {
	name  string
	check func(Facts) string // what is wrong, "" for nothing
}

// state are the invariants of the world, which may take the monitor a moment; story
// are those of what was told.
func state() []invariant {
	return []invariant{
		{"the run ends", ended}, {"weights are all on stable", weights}, {"stable runs one configuration", oneConfiguration},
		{"the record is what runs", recordMatches}, {"nothing is left behind", nothingLeft}, {"the router knows what runs", routed},
		{"all could be looked at", seen},
	}
}

func story() []invariant {
	return []invariant{
		{"the outcome is true", outcomeTrue}, {"the record says the outcome", recorded}, {"no request is lost", nothingLost},
		{"every mutation is audited", Unaudited}, {"histories replay", replays},
	}
}

// Unsettled are the breaches that time may still heal.
func Unsettled(f Facts) []Breach { return breaches(f, state()) }

// Breaches are all that do not hold.
func Breaches(f Facts) []Breach { return append(breaches(f, state()), breaches(f, story())...) }

func breaches(f Facts, of []invariant) (out []Breach) {
	for _, i := range of {
		if wrong := i.check(f); wrong != "" {
			out = append(out, Breach{i.name, wrong})
		}
	}
	return out
}

func ended(f Facts) string {
	if !f.Ended {
		return "the workflow is still open"
	}
	return ""
}

func weights(f Facts) string {
	if !f.Weights.SameSplit(serving.AllStable(0)) {
		return fmt.Sprintf("they are %v", f.Weights.Shares)
	}
	return ""
}

func oneConfiguration(f Facts) string {
	var of []serving.VariantStatus
	for _, r := range f.Running {
		if r.Variant == serving.Stable {
			of = append(of, r)
		}
	}
	switch {
	case len(of) != 1:
		return fmt.Sprintf("%d of them", len(of))
	case len(of[0].Endpoints) != f.Replicas:
		return fmt.Sprintf("%d replicas instead of %d", len(of[0].Endpoints), f.Replicas)
	case of[0].Config.Key() != f.From && of[0].Config.Key() != f.To:
		return "neither the old one nor the new one"
	}
	return ""
}

func recordMatches(f Facts) string {
	for _, r := range f.Running {
		if r.Variant == serving.Stable && r.Config.Key() != f.Registered {
			return "stable runs another configuration than the fleet's record has"
		}
	}
	return ""
}

func nothingLeft(f Facts) string {
	for _, r := range f.Running {
		if r.Variant != serving.Stable {
			return fmt.Sprintf("%d replicas of %s", len(r.Endpoints), r.Variant)
		}
	}
	for _, v := range slices.Sorted(maps.Keys(f.Processes)) {
		if n := f.Processes[v]; v != string(serving.Stable) && n > 0 {
			return fmt.Sprintf("%d processes of %s", n, v)
		}
	}
	if n := f.Processes[string(serving.Stable)]; n != f.Replicas {
		return fmt.Sprintf("%d processes of stable instead of %d", n, f.Replicas)
	}
	return ""
}

func routed(f Facts) string {
	for _, r := range f.Running {
		if r.Variant == serving.Stable && !slices.Equal(slices.Sorted(slices.Values(r.Endpoints)), slices.Sorted(slices.Values(f.Routed))) {
			return fmt.Sprintf("it sends to %v while %v run", f.Routed, r.Endpoints)
		}
	}
	return ""
}

func seen(f Facts) string {
	if len(f.Unseen) > 0 {
		return fmt.Sprint(f.Unseen)
	}
	return ""
}

// outcomeTrue holds the run's word against what runs.
func outcomeTrue(f Facts) string {
	if !f.Ended {
		return ""
	}
	promoted, serves := f.Outcome == serving.OutcomePromoted, f.To != "" && f.Registered == f.To
	switch {
	case promoted && !serves:
		return "it says promoted, and the old configuration is in force"
	case !promoted && serves && f.From != f.To:
		return fmt.Sprintf("it says %s (%s), and the new configuration is in force", orStatus(f), f.Reason)
	case promoted && f.Plan.Scenario == BadCanary:
		return "a canary that is ten times as slow was promoted"
	case f.Outcome == "" && f.Status == "Completed":
		return "it completed without an outcome"
	case f.Failure == "RollbackFailed":
		return fmt.Sprintf("it could not go back (%s) although all that was hit came back", f.Reason)
	case f.Status == "Terminated" || f.Status == "TimedOut":
		return fmt.Sprintf("it %s, and nobody asked for that", f.Status)
	}
	return ""
}

func orStatus(f Facts) string {
	if f.Outcome == "" {
		return f.Status
	}
	return string(f.Outcome)
}

func recorded(f Facts) string {
	switch {
	case !f.Ended:
		return ""
	case !f.RecordClosed:
		return "the record is open"
	case f.Outcome != "" && f.Recorded != f.Outcome:
		return fmt.Sprintf("the record says %q, the workflow %q", f.Recorded, f.Outcome)
	}
	return ""
}

func nothingLost(f Facts) string {
	if len(f.Lost) == 0 {
		return ""
	}
	return fmt.Sprintf("%d requests, the first: %s, begun %s", len(f.Lost), f.Lost[0].Why, f.Lost[0].Began.Format("15:04:05.000"))
}

// Unaudited names the first action that the API accepted more often than its log
// has it; it is empty where all are there.
func Unaudited(f Facts) string {
	for _, action := range slices.Sorted(maps.Keys(f.Accepted)) {
		if f.Audited[action] < f.Accepted[action] {
			return fmt.Sprintf("%s was accepted %d times and is in the log %d times", action, f.Accepted[action], f.Audited[action])
		}
	}
	return ""
}

func replays(f Facts) string {
	if len(f.Replays) > 0 {
		return fmt.Sprintf("%d do not, the first: %s", len(f.Replays), f.Replays[0])
	}
	return ""
}
