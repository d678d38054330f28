package judge_test

import (
	"math"
	"math/rand/v2"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ttftObjective, itlObjective and errorObjective are objectives of a chat fleet.
var (
	ttftObjective  = serving.Objective{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 1}
	itlObjective   = serving.Objective{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: 0.05}
	errorObjective = serving.Objective{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}
)

// logNormal draws n values around the median, with the spread sigma of their
// logarithm and the correlation rho between neighbours.
func logNormal(r *rand.Rand, n int, median, sigma, rho float64) []float64 {
	out := make([]float64, n)
	z := r.NormFloat64()
	for i := range out {
		z = rho*z + math.Sqrt(1-rho*rho)*r.NormFloat64()
		out[i] = median * math.Exp(sigma*z)
	}
	return out
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// traffic describes an arm for tests: requests slowed by a factor.
type traffic struct {
	n      int
	slower float64 // 1 is the healthy engine
	rho    float64
	failed int // of n
}

// arm draws the requests of an engine with a TTFT of 0.1 s, gaps of 20 ms and
// answers of about 4 s.
func arm(r *rand.Rand, v serving.Variant, t traffic) judge.Arm {
	ttft := logNormal(r, t.n, 0.1*t.slower, 0.5, t.rho)
	itl := logNormal(r, t.n, 0.02*t.slower, 0.15, t.rho)
	e2e := logNormal(r, t.n, 4*t.slower, 0.5, t.rho)
	o := serving.ArmObservation{Variant: v, WindowSeconds: 60, Requests: t.n, Failed: t.failed}
	for i := range t.n {
		s := serving.RequestSample{EndedUnix: float64(i), Failed: i < t.failed}
		if !s.Failed {
			s.TTFTSeconds, s.ITLSeconds, s.E2ESeconds = serving.Known(ttft[i]), serving.Known(itl[i]), serving.Known(e2e[i])
		}
		o.Samples = append(o.Samples, s)
	}
	return judge.Arm{Variant: v, Observation: o, Replicas: 1}
}

// constant is an arm whose TTFT is the same for every request, without other
// latencies.
func constant(v serving.Variant, n int, ttft float64) judge.Arm {
	o := serving.ArmObservation{Variant: v, WindowSeconds: 60, Requests: n}
	for i := range n {
		o.Samples = append(o.Samples, serving.RequestSample{EndedUnix: float64(i), TTFTSeconds: serving.Known(ttft)})
	}
	return judge.Arm{Variant: v, Observation: o, Replicas: 1}
}

func checkOf(j serving.Judgement, test string, m serving.Metric) serving.JudgeCheck {
	for _, c := range j.Checks {
		if c.Test == test && c.Metric == m {
			return c
		}
	}
	return serving.JudgeCheck{}
}
