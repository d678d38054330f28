package chaos

import "math/rand/v2"

// attack is one kind of fault with what bounds its draw.
type attack struct {
	target Target
	ways   []Way
	weight int // among all attacks
	// shortest and longest are of the time it lasts, in milliseconds.
	shortest, longest int64
}

// attacks are all that can be drawn. Shared parts are hit less often than there are
// kinds, since each such blow hits the other runs of the cell too.
func attacks() []attack {
	return []attack{
		{Worker, []Way{Kill, Freeze}, 16, 300, 6000},
		{Server, []Way{Kill, Freeze}, 8, 300, 4000},
		{Temporal, []Way{Kill, Freeze, Cut, Stall, Delay}, 12, 300, 5000},
		{Database, []Way{Kill, Cut, Stall, Delay}, 12, 300, 6000},
		{Disk, []Way{Full}, 4, 500, 5000},
		{Advisor, []Way{Cut, Stall, Corrupt}, 3, 500, 8000},
		{Router, []Way{Kill, Freeze}, 14, 200, 3000},
		{Control, []Way{Cut, Stall, Delay, Corrupt}, 12, 300, 6000},
		{Engine, []Way{Kill, Freeze}, 22, 300, 4000},
		{Metrics, []Way{Delay, Corrupt, Gone}, 10, 1000, 8000},
	}
}

// Draw is the plan of a seed.
func Draw(seed uint64) Plan {
	r := rand.New(rand.NewPCG(seed, 0xc4a05))
	p := Plan{Seed: seed, Scenario: scenarioOf(r.IntN(100)), Router: Gateway}
	if r.IntN(100) < 25 {
		p.Router = HAProxy
	}
	if p.Scenario == Violation || p.Scenario == Recall {
		p.StepMS = r.Int64N(4000)
	}
	for range 1 + r.IntN(3) {
		p.Faults = append(p.Faults, drawFault(r, p))
	}
	return p
}

// scenarioOf deals the percents; a search takes several times as long as a rollout.
func scenarioOf(percent int) Scenario {
	switch {
	case percent < 45:
		return Promotion
	case percent < 62:
		return BadCanary
	case percent < 76:
		return Violation
	case percent < 88:
		return Recall
	}
	return Optimize
}

func drawFault(r *rand.Rand, p Plan) Fault {
	a := pick(r, p)
	f := Fault{Target: a.target, Way: a.ways[r.IntN(len(a.ways))]}
	f.At = momentsOf(p.Scenario)[r.IntN(len(momentsOf(p.Scenario)))]
	if a.target == Engine || a.target == Metrics {
		f.Variant = variantAt(r, f.At)
	}
	f.AfterMS = r.Int64N(3000)
	f.LastsMS = a.shortest + r.Int64N(a.longest-a.shortest+1)
	return f
}

// pick draws an attack that the plan's parts can suffer: HAProxy is steered through
// a socket of its own, so there is no way to it that could be cut, and only a search
// asks the advisor.
func pick(r *rand.Rand, p Plan) attack {
	var can []attack
	all := 0
	for _, a := range attacks() {
		if a.target == Control && p.Router == HAProxy || a.target == Advisor && p.Scenario != Optimize {
			continue
		}
		can, all = append(can, a), all+a.weight
	}
	n := r.IntN(all)
	for _, a := range can {
		if n -= a.weight; n < 0 {
			return a
		}
	}
	return can[len(can)-1]
}

func momentsOf(s Scenario) []Moment {
	switch s {
	case Promotion:
		return []Moment{Accepted, CanaryRuns, CanaryServes, CanaryServes, CanaryAlone, CanaryAlone, Restored}
	case Optimize:
		return []Moment{Accepted, StagingRuns, StagingRuns, CanaryServes, CanaryAlone}
	}
	return []Moment{Accepted, CanaryRuns, CanaryServes, CanaryServes, Restored}
}

// variantAt is a variant that has processes at the moment.
func variantAt(r *rand.Rand, at Moment) string {
	has := []string{"stable"}
	switch at {
	case CanaryRuns, CanaryServes:
		has = []string{"stable", "canary", "baseline"}
	case CanaryAlone:
		has = []string{"stable", "canary"}
	case StagingRuns:
		has = []string{"stable", "staging", "staging"}
	}
	return has[r.IntN(len(has))]
}
