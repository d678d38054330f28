package search

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Search is a prepared Problem. It remembers what the model answered, and nothing
// of a history; it must not be used from two goroutines at once.
type Search struct {
	problem  Problem
	axes     []Axis
	doubts   []doubt
	tunings  []perfmodel.Tuning // as it is, then with each doubt moved
	modelled bool
	asked    map[question]predicted
	summits  []summit
	prepared []*point
}

// Prepare asks the model about what may be tried.
func Prepare(p Problem) *Search {
	s := &Search{problem: p, axes: p.Space, doubts: doubts(), asked: map[question]predicted{}}
	if s.axes == nil {
		s.axes = SpaceOf(p.Input)
	}
	s.tunings = []perfmodel.Tuning{perfmodel.DefaultTuning()}
	for _, d := range s.doubts {
		s.tunings = append(s.tunings, d.tuning(1+slopeStep))
	}
	s.modelled = s.predict(p.Fleet.Config, 0).ok
	if len(p.Given) == 0 {
		s.prepared = s.pool()
	}
	return s
}

// Within is the same search under another budget. It shares what the model has
// answered, and the rule of one goroutine, with s.
func (s *Search) Within(b Budget) *Search {
	out := *s
	out.problem.Budget = b
	return &out
}

// Next is what to do after a history, in the order in which it was begun.
func (s *Search) Next(seen []Observation) Step {
	if step, ok := s.open(seen); ok {
		return step
	}
	v := s.look(seen)
	spent := s.spent(seen)
	if spent == "" {
		for _, ask := range []func() (Step, bool){v.given, v.advised, v.screen, v.promote} {
			if step, ok := ask(); ok {
				return step
			}
		}
	}
	return v.conclude(spent)
}

// open measures the present configuration in full and the engine's defaults,
// whatever anybody expects of them.
func (s *Search) open(seen []Observation) (Step, bool) {
	baseline := serving.Candidate{Name: "baseline", Config: s.problem.Fleet.Config, Risk: serving.RiskCheap}
	if !tried(seen, baseline.Config, 0) {
		return Step{Candidate: baseline, Fidelity: 1, Reason: "what everything is compared with"}, true
	}
	defaults := propose.Defaults(s.problem.Fleet)
	if tried(seen, defaults.Config, 0) || !s.admissible(defaults) || s.spent(seen) != "" {
		return Step{}, false
	}
	return Step{Candidate: defaults, Fidelity: s.firstLook(), Reason: "the engine's own configuration is always measured: what cannot beat it should not be kept"}, true
}

// firstLook is the fidelity of a screening trial; what a person gave is not
// screened.
func (s *Search) firstLook() float64 {
	if n := s.problem.Budget.Trials; len(s.problem.Given) > 0 || n > 0 && n <= tooFew {
		return 1
	}
	if f := s.problem.ScreenFidelity; f > 0 && f <= 1 {
		return f
	}
	return DefaultScreenFidelity
}

// tooFew trials are not worth first looks: each would need its full trial too.
const tooFew = 4

// tried says that a configuration was begun at a fidelity or above.
func tried(seen []Observation, cfg serving.EngineConfig, fidelity float64) bool {
	for _, o := range seen {
		if o.Fidelity >= fidelity && o.Config.Equal(cfg) {
			return true
		}
	}
	return false
}

// spent names the part of the budget that does not last for another first look.
func (s *Search) spent(seen []Observation) string {
	b := s.problem.Budget
	var gpuMinutes, whole, fidelity float64
	for _, o := range seen {
		gpuMinutes += o.Minutes * propose.GPUs(o.Config)
		whole, fidelity = whole+o.Minutes, fidelity+o.Fidelity
	}
	next := 0.0
	if fidelity > 0 {
		next = whole / fidelity * s.firstLook()
	}
	switch {
	case b.Trials > 0 && len(seen) >= b.Trials:
		return fmt.Sprintf("the budget of %d trials", b.Trials)
	case b.Minutes > 0 && whole+next > b.Minutes:
		return fmt.Sprintf("the budget of %.0f minutes, of which %.0f are used", b.Minutes, whole)
	case b.GPUMinutes > 0 && gpuMinutes+next > b.GPUMinutes:
		return fmt.Sprintf("the budget of %.0f GPU-minutes, of which %.0f are used", b.GPUMinutes, gpuMinutes)
	}
	return ""
}
