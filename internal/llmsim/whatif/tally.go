package whatif

import "github.com/optiinfra/performance-agent/internal/llmsim/sched"

// tally adds up a run while it happens: one part for each stage and one for all.
type tally struct {
	stages []part
	all    part
	usage  float64 // the highest
	first  float64 // arrival; negative: none yet
	last   float64
	final  sched.Stats
	steps  int
}

// part is what is counted of the requests of a stage.
type part struct {
	ttft, itl, e2e  sketch
	requests        int
	rejected        int
	preemptions     int
	prompt, cached  int // tokens
	output          int // tokens
	begin, complete float64
}

func newTally(stages int) *tally { return &tally{stages: make([]part, max(1, stages)), first: -1} }

// each calls f for the parts that a request of the stage counts in.
func (t *tally) each(stage int, f func(*part)) {
	f(&t.stages[stage])
	f(&t.all)
}

func (t *tally) reject(stage int) { t.each(stage, func(p *part) { p.rejected++ }) }

// gap counts the time between two tokens of a request.
func (t *tally) gap(stage int, seconds float64) {
	t.stages[stage].itl.observe(seconds)
}

// finish counts a request that has ended.
func (t *tally) finish(stage int, r *sched.Request) {
	if t.first < 0 || r.Times.Arrived < t.first {
		t.first = r.Times.Arrived
	}
	t.each(stage, func(p *part) { p.finish(r) })
}

func (p *part) finish(r *sched.Request) {
	if p.requests == 0 || r.Times.Arrived < p.begin {
		p.begin = r.Times.Arrived
	}
	p.complete = max(p.complete, r.Times.LastToken)
	p.requests++
	p.preemptions += r.Preemptions
	p.prompt += len(r.Prompt)
	p.cached += r.Cached
	p.output += r.Generated
	p.ttft.observe(r.Times.FirstToken - r.Times.Arrived)
	p.e2e.observe(r.Times.LastToken - r.Times.Arrived)
}

func (t *tally) step(s sched.Stats) {
	t.steps++
	t.usage = max(t.usage, s.Usage())
}

func (t *tally) end(now float64, s sched.Stats) { t.last, t.final = now, s }
