package search

import (
	"io"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Draws of hidden factors.
const (
	DrawOpen    = drawOpen
	DrawHeldOut = drawHeldOut
)

// Procedures and sizes.
const (
	ProcedureStart = procedureStart
	ProcedureWalk  = procedureWalk
	StartCost      = startCost
)

// Small is a case of 16 configurations.
func Small() Case {
	c := vllmCase("small", startMistuned, plant(llama8B, "H100", 300, 60, 0.5, 0.012, "--max-num-seqs", "16"))
	c.Plant.Load = 1
	c.Axes = []Axis{
		ordered("--max-num-seqs", "16", "64"), ordered("--max-num-batched-tokens", "2048", "8192"),
		ordered("--gpu-memory-utilization", "0.8", "0.9", "0.99"), choice("--quantization", unset, "fp8"),
	}
	c.alsoTuned = true
	return c
}

// New makes a strategy by its name.
func New(name string, p Problem) Strategy {
	for _, c := range contenders() {
		if c.name == name {
			return c.make(p)
		}
	}
	return nil
}

// Names are those of all strategies.
func Names() []string { return suite{contenders: contenders()}.names() }

// Problem is what a strategy is told in a study.
func (s *Study) Problem(seed uint64) Problem { return s.problem(budgetTrials, seed) }

// Cost is what a measurement took.
func (s Seen) Cost() float64 { return s.cost() }

// Crashes says whether the hidden pair of flags is met.
func (h Hidden) Crashes(cfg serving.EngineConfig) bool { return h.crashes(cfg) }

// ReportOf measures some cases.
func ReportOf(w io.Writer, engines engine.Registry, seeds int, cases ...Case) (Report, error) {
	return suite{cases: cases, draws: []string{drawOpen}, contenders: contenders(), seeds: seeds, engines: engines}.report(w)
}

// Write and Plot write the report.
func (r Report) Write(file string) error { return r.write(file) }

// ScoreOf sums plays up, and Raise corrects the optimum by them.
func ScoreOf(s *Study, plays []Play) Score { return scoreOf(s, plays) }

// Raise corrects the optimum.
func (s *Study) Raise(plays []Play) { s.raise(plays) }

// Plot draws the curves.
func (r Report) Plot(file string) error { return r.plot(file) }
