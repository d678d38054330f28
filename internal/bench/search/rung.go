package search

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// tally holds the requests of a rung against the objectives while it runs.
type tally struct {
	objectives []serving.Objective
	missed     []int
	allowed    []int
	from       float64 // arrivals before it only warm the engine up
	lost       bool
	peak       int // blocks in use, at most
}

func newTally(objectives []serving.Objective, from float64, counted int) *tally {
	t := &tally{objectives: objectives, missed: make([]int, len(objectives)), allowed: make([]int, len(objectives)), from: from}
	for i, o := range objectives {
		t.allowed[i] = int(o.AllowedShare()*float64(counted) + 1e-9)
	}
	return t
}

// Step counts first tokens, so that a queue is seen before its answers end.
func (t *tally) Step(s sched.Stats, tokens []sched.Emission) {
	t.peak = max(t.peak, s.Used)
	for _, e := range tokens {
		if e.Index == 0 {
			t.hold(serving.MetricTTFT, e.Request, e.Request.Times.FirstToken-e.Request.Times.Arrived)
		}
	}
}

// Finished counts a whole answer.
func (t *tally) Finished(r *sched.Request, _ string, _ int) {
	t.hold(serving.MetricE2E, r, r.Times.LastToken-r.Times.Arrived)
	if r.Generated > 1 {
		t.hold(serving.MetricITL, r, (r.Times.LastToken-r.Times.FirstToken)/float64(r.Generated-1))
	}
}

// Lost never happens in virtual time.
func (t *tally) Lost(float64) {}

func (t *tally) hold(m serving.Metric, r *sched.Request, seconds float64) {
	if r.Times.Arrived < t.from {
		return
	}
	for i, o := range t.objectives {
		if o.Metric == m && o.Breached(seconds) {
			t.missed[i]++
			t.lost = t.lost || t.missed[i] > t.allowed[i]
		}
	}
}

// rung is a load for an engine.
type rung struct {
	model      perfmodel.Model
	traffic    []llmsim.Arrival // at one request a second; only read
	rate       float64
	objectives []serving.Objective
	seed       uint64
	// unshared prompts are never found in a prefix cache, so none is kept: that
	// changes nothing and saves most of the time.
	unshared bool
	// warm requests at the beginning are not counted.
	warm int
	// whole: the load goes to its end even when it is lost.
	whole bool
}

// outcome of a rung: whether all objectives were kept, the blocks of the KV cache
// in use at most, and the answers a second from the first arrival to the last token.
type outcome struct {
	kept      bool
	peak      int
	perSecond float64
}

// run sends the load. It ends as soon as one objective cannot be kept any more.
func (r rung) run() (outcome, error) {
	limits := sched.LimitsOf(r.model)
	limits.PrefixCaching = limits.PrefixCaching && !r.unshared
	core, err := llmsim.NewLimitedCore(r.model, limits, r.seed)
	if err != nil {
		return outcome{}, fmt.Errorf("engine: %w", err)
	}
	list := make([]llmsim.Arrival, len(r.traffic))
	for i, a := range r.traffic {
		a.AtSeconds /= r.rate
		list[i] = a
	}
	counted := len(list) - r.warm
	t := newTally(r.objectives, list[r.warm].AtSeconds, counted)
	run, err := llmsim.Open(core, list, llmsim.Watch{Observer: t, Done: func() bool { return t.lost && !r.whole }})
	if err != nil {
		return outcome{peak: t.peak}, err
	}
	refused := 0
	for _, o := range run.Outcomes[r.warm:] {
		if o.Overloaded {
			refused++
		}
	}
	o := outcome{peak: t.peak, perSecond: float64(len(list)-refused) / run.Seconds}
	o.kept = !t.lost && float64(refused) <= refusedShare(r.objectives)*float64(counted)
	return o, nil
}

// refusedShare of the requests may be refused.
func refusedShare(objectives []serving.Objective) float64 {
	for _, o := range objectives {
		if o.Metric == serving.MetricErrorRate {
			return o.Threshold
		}
	}
	return 0.01
}
