package fidelity

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// parameter is a constant that Fit may change.
type parameter struct {
	name string
	of   func(*perfmodel.Tuning) *float64
}

// parameters are the physical causes that kernel tables do not tell. The kernels'
// own rates stay what the tables say.
func parameters() []parameter {
	constant := func(name string, of func(*perfmodel.Constants) *float64) parameter {
		return parameter{name, func(t *perfmodel.Tuning) *float64 { return of(&t.Constants) }}
	}
	return []parameter{
		constant("api_us", func(c *perfmodel.Constants) *float64 { return &c.APISeconds }),
		constant("host base_us", func(c *perfmodel.Constants) *float64 { return &host(c).BaseSeconds }),
		constant("host sequence_us", func(c *perfmodel.Constants) *float64 { return &host(c).SequenceSeconds }),
		constant("layer_us", func(c *perfmodel.Constants) *float64 { return &c.LayerSeconds }),
		constant("sampler_ns", func(c *perfmodel.Constants) *float64 { return &c.SamplerSeconds }),
		constant("sampler_us", func(c *perfmodel.Constants) *float64 { return &c.SamplerBaseSeconds }),
		constant("fused_reduce", func(c *perfmodel.Constants) *float64 { return &c.FusedReduce }),
		constant("expert_us", func(c *perfmodel.Constants) *float64 { return &c.ExpertSeconds }),
		constant("expert_stream", func(c *perfmodel.Constants) *float64 { return &c.ExpertStream }),
		constant("expert_8bit", func(c *perfmodel.Constants) *float64 { return &c.Expert8Bit }),
		constant("expert_compute", func(c *perfmodel.Constants) *float64 { return &c.ExpertCompute }),
		constant("expert_compile_us", func(c *perfmodel.Constants) *float64 { return &c.CompileSeconds }),
	}
}

// host is the row of the calibration's version.
func host(c *perfmodel.Constants) *perfmodel.Host {
	for i := range c.Hosts {
		if c.Hosts[i].Async && c.Hosts[i].Before > 15 {
			return &c.Hosts[i]
		}
	}
	return &perfmodel.Host{}
}

const (
	// weightTTFT is that of TTFT's error beside those of E2E and ITL.
	weightTTFT = 0.4
	// weightMean is that of the mean error beside the medians, which are the goal:
	// enough to tell apart what the medians do not see.
	weightMean = 0.1
)

// loss is the weighted median error of the three means, and a part of the mean.
func loss(es []Experiment, t perfmodel.Tuning) (float64, error) {
	rows, err := SimulateAll(es, t)
	if err != nil {
		return 0, err
	}
	weighted := func(s Summary) float64 { return (s.E2E + s.ITL + weightTTFT*s.TTFT) / (2 + weightTTFT) }
	return weighted(Summarise(rows, All)) + weightMean*weighted(MeanErrors(rows, All)), nil
}

// SimulateAll runs experiments side by side and keeps their order.
func SimulateAll(es []Experiment, t perfmodel.Tuning) ([]Row, error) {
	results := make([][]Row, len(es))
	errs := make([]error, len(es))
	var wait sync.WaitGroup
	for i := range es {
		wait.Add(1)
		go func() {
			defer wait.Done()
			results[i], errs[i] = Simulate(es[i], t)
		}()
	}
	wait.Wait()
	var rows []Row
	for i := range es {
		if errs[i] != nil {
			return nil, errs[i]
		}
		rows = append(rows, results[i]...)
	}
	return rows, nil
}

// Fit searches the constants on the experiments that are marked for fitting: a
// (1+1) evolution strategy on their logarithms whose step follows the one-fifth
// rule. It is deterministic for a seed, and writes each improvement and, at the
// end, the constants. A trial takes about half a second on two cores; 300 are
// enough.
func Fit(es []Experiment, trials int, seed uint64, w io.Writer) (perfmodel.Tuning, error) {
	var fit []Experiment
	for _, e := range es {
		if e.Fit {
			fit = append(fit, e)
		}
	}
	t := perfmodel.DefaultTuning()
	best, err := loss(fit, t)
	if err != nil {
		return t, err
	}
	fmt.Fprintf(w, "start: loss %.4f\n", best)
	random := rand.New(rand.NewPCG(seed, seed))
	step := 0.2
	for i := range trials {
		trial := clone(t)
		for _, p := range parameters() {
			*p.of(&trial) *= math.Exp(step * random.NormFloat64())
		}
		l, err := loss(fit, trial)
		if err != nil {
			return t, err
		}
		if l >= best {
			step *= 0.95
			continue
		}
		t, best, step = trial, l, step*1.22
		fmt.Fprintf(w, "trial %d: loss %.4f\n", i+1, best)
	}
	for _, p := range parameters() {
		fmt.Fprintf(w, "%-20s %10.4g\n", p.name, *p.of(&t))
	}
	return t, nil
}

// clone copies a tuning, so that a trial can change its hosts.
func clone(t perfmodel.Tuning) perfmodel.Tuning {
	t.Constants.Hosts = append([]perfmodel.Host(nil), t.Constants.Hosts...)
	return t
}
