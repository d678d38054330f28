package statistics

import (
	"math"
	"math/rand/v2"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// objectives of the simulated fleet: the healthy engine keeps them, and so do the
// planted canaries, so that the comparison has to find them.
func objectives() []serving.Objective {
	return []serving.Objective{
		{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: tail, Threshold: 8 * median},
		{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.05},
	}
}

// healthyFailures is the failure rate of the engine that nothing ails.
const healthyFailures = 0.002

// plant is what is wrong with a canary.
type plant struct {
	name   string
	slower float64 // factor on every latency
	tail   float64 // factor on the slowest tenth
	errors float64 // added to the failure rate
	burst  float64 // mean length of a burst of failures, the healthy ones' too
}

func healthy() plant { return plant{name: "none", slower: 1, tail: 1, burst: 1} }

// observe simulates what a router sees of n requests, one every period seconds.
func observe(r *rand.Rand, d Data, p plant, v serving.Variant, n int, period float64) judge.Arm {
	d.SlowTenth = p.tail
	steady := Data{Sigma: 0.15, Rho: d.Rho, Noise: d.Noise, Drift: math.Sqrt(d.Drift), SlowTenth: p.tail}
	ttft, itl := d.draw(r, n, median*p.slower), steady.draw(r, n, 0.02*p.slower)
	failed := failures(r, n, healthyFailures+p.errors, p.burst)
	o := serving.ArmObservation{Variant: v, WindowSeconds: float64(n) * period, Requests: n, Failed: count(failed)}
	for i := range n {
		s := serving.RequestSample{EndedUnix: float64(i+1) * period, Failed: failed[i]}
		if !failed[i] {
			tokens := math.Ceil(100 * math.Exp(0.6*r.NormFloat64()))
			s.TTFTSeconds, s.ITLSeconds = serving.Known(ttft[i]), serving.Known(itl[i])
			s.E2ESeconds = serving.Known(ttft[i] + tokens*itl[i])
		}
		o.Samples = append(o.Samples, s)
	}
	return judge.Arm{Variant: v, Observation: o, Replicas: 1}
}

// configured is the judge's default, resampling less for time.
func configured(r *rand.Rand) judge.Config {
	return judge.Config{Resamples: 200, Seed: r.Uint64()}
}

func plants() []plant {
	return []plant{
		{name: "all x1.1 (allowed)", slower: 1.1, tail: 1, burst: 1},
		{name: "all x1.3", slower: 1.3, tail: 1, burst: 1},
		{name: "all x2", slower: 2, tail: 1, burst: 1},
		{name: "tail only x1.5", slower: 1, tail: 1.5, burst: 1},
		{name: "errors +2%", slower: 1, tail: 1, errors: 0.02, burst: 1},
	}
}

// judgeClaims are on one look at both arms.
func judgeClaims() []claim {
	look := func(d Data, p, ref plant, n int, want serving.Verdict) func(r *rand.Rand) bool {
		return func(r *rand.Rand) bool {
			canary, baseline := observe(r, d, p, serving.Canary, n, 1), observe(r, d, ref, serving.Baseline, n, 1)
			return judge.Judge(configured(r), objectives(), canary, &baseline).Verdict == want
		}
	}
	var out []claim
	for _, d := range kinds() {
		for _, n := range []int{50, 200, 500} {
			out = append(out, claim{"judge, no difference", d.Name, n, "wrong fail", atMost(nominal), 150,
				look(d, healthy(), healthy(), n, serving.VerdictFail)})
		}
	}
	bursts := healthy()
	bursts.errors, bursts.burst = 0.03, 5
	for _, n := range []int{50, 200, 500} {
		out = append(out, claim{"judge, no difference", "3% fail in bursts of 5", n, "wrong fail", atMost(nominal), 300,
			look(Data{Sigma: 0.5}, bursts, bursts, n, serving.VerdictFail)})
	}
	for _, p := range plants() {
		for _, n := range []int{50, 200, 500, 1000} {
			goal := stated()
			if p.slower > 1 && p.slower < limit {
				goal = atMost(nominal)
			}
			out = append(out, claim{"judge, planted " + p.name, engineLike().Name, n, "fail", goal, 100,
				look(engineLike(), p, healthy(), n, serving.VerdictFail)})
		}
	}
	return out
}
