package chaos

import (
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Blow is a fault as it was dealt.
type Blow struct {
	Fault Fault  `json:"fault"`
	Seed  uint64 `json:"seed"` // of the run whose plan it is
	// At is when it was about to be dealt, Done when it had been: finding an engine
	// takes a moment on a busy machine.
	At    time.Time `json:"at"`
	Done  time.Time `json:"done"`
	Until time.Time `json:"until"`
	// Missed is why it was not dealt, Trouble why it could not be ended.
	Missed  string `json:"missed,omitempty"`
	Trouble string `json:"trouble,omitempty"`
}

// Result is one run. Times are in seconds.
type Result struct {
	Plan     Plan            `json:"plan"`
	Status   string          `json:"status"`
	Outcome  serving.Outcome `json:"outcome,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Breaches []Breach        `json:"breaches,omitempty"`
	// Failed is why the run could not be made or looked at: nothing is known of it.
	Failed string `json:"failed,omitempty"`
	Blows  []Blow `json:"blows"`
	// Around are the blows of other runs on what they share with this one.
	Around []Blow `json:"around,omitempty"`
	// Sent are the users' requests; Excused those lost in flight on what a fault had
	// hit, Lost those that nothing excuses.
	Sent    int       `json:"sent"`
	Excused int       `json:"excused"`
	Lost    []Request `json:"lost,omitempty"`
	// Restored is from the trouble of the scenario to all traffic on stable again,
	// absent where there was none; Settled from the end of the run and of its faults
	// until the state was as it must be.
	Restored *float64 `json:"restored_seconds,omitempty"`
	Settled  float64  `json:"settled_seconds"`
	Seconds  float64  `json:"seconds"`
	// Repaired are breaches of the state that were seen at the end of the run and
	// healed by themselves.
	Repaired []Breach `json:"repaired,omitempty"`
}

// OK says that the run was made and all invariants hold.
func (r Result) OK() bool { return r.Failed == "" && len(r.Breaches) == 0 }

// End is the run's outcome in a word.
func (r Result) End() string {
	switch {
	case r.Failed != "":
		return "not made"
	case r.Outcome != "":
		return string(r.Outcome)
	case r.Status == "":
		return "open"
	}
	return r.Status
}
