package detection

import "github.com/optiinfra/performance-agent/workflows"

// Deal gives cases their runs; BreaksAfter is when a run's canary breaks.
var (
	Deal        = deal
	BreaksAfter = breaksAfter
	Plan        = plan
)

// Read takes a result's times from the end of a rollout.
func Read(out workflows.RolloutResult, brokeUnix, limit float64) Result {
	var r Result
	r.read(out, brokeUnix, limit)
	return r
}

// Site is the simulated provisioner.
type Site struct{ *site }

// NewSite is an empty one; Close ends it.
func NewSite() Site { return Site{newSite()} }

// Close stops all engines.
func (s Site) Close() error { return s.close() }

// Break breaks the canary of a fleet.
func (s Site) Break(fleet string, p Plant) error { return s.breakCanary(fleet, p) }
