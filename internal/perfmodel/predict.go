package perfmodel

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Prediction is the steady state of one replica under a workload. Latencies are
// means over requests. When Saturated, the queue grows without bound and the
// latencies are those of a full engine without the wait: lower bounds.
type Prediction struct {
	TTFTSeconds           float64 `json:"ttft_seconds"`
	ITLSeconds            float64 `json:"itl_seconds"`
	E2ESeconds            float64 `json:"e2e_seconds"`
	Batch                 float64 `json:"batch"`    // sequences in the engine
	KVUsage               float64 `json:"kv_usage"` // 0..1
	Saturated             bool    `json:"saturated"`
	OutputTokensPerSecond float64 `json:"output_tokens_per_second"`
}

// Predict finds the steady state of one replica that receives perReplicaRate
// requests per second of the workload's shape (the workload's own rate is not
// used). Expect 15% on ITL and throughput, 30% on TTFT, and more within 10% of
// saturation, where every queue is sensitive.
func Predict(m Model, w serving.Workload, perReplicaRate float64) Prediction {
	d := demandOf(m, w)
	full := m.full(d)
	peak := m.peak(d, full)
	engines := float64(m.settings.DataParallel)
	rate := perReplicaRate / engines
	s, saturated := full, rate >= peak.rate
	if !saturated {
		s = m.steady(d, rate, peak, full.running)
	}
	return Prediction{
		TTFTSeconds:           s.ttft(),
		ITLSeconds:            s.itl(),
		E2ESeconds:            s.ttft() + s.residence(),
		Batch:                 s.running * engines,
		KVUsage:               s.kvFill,
		Saturated:             saturated,
		OutputTokensPerSecond: s.rate * d.output * engines,
	}
}

// MaxRate is the highest request rate of the workload's shape, per second and
// replica, at which every latency objective holds; without objectives it is the
// rate that saturates the replica. It is 0 when an objective cannot hold even
// for a lone request. Objectives on errors and availability are not predicted.
//
// A quantile of TTFT is the sum of its parts at that quantile: the prompt's
// prefill scaled by the log-normal quantile of its length, the wait for the
// running step as uniform, and queueing as exponential (factor ln 1/(1-q): 3.0
// at p95, 4.6 at p99). ITL is the mean of a request, whose spread comes from the
// prefill steps it meets and the batch it shares. E2E scales the output length
// by its log-normal quantile. Sums of quantiles err on the careful side, by up
// to 20% of a latency; the rate they bound is within 15 to 25%.
func MaxRate(m Model, w serving.Workload, slos []serving.Objective) float64 {
	d := demandOf(m, w)
	full := m.full(d)
	peak := m.peak(d, full)
	engines := float64(m.settings.DataParallel)
	if !anyLatency(slos) {
		return engines * peak.rate
	}
	keeps := func(rate float64) bool {
		s := m.steady(d, rate, peak, full.running)
		return s.keepsAll(slos)
	}
	if rate := highest(keeps, peak.rate); rate >= leastRate*peak.rate {
		return engines * rate
	}
	return 0
}

// leastRate is the part of saturation below which an objective counts as one
// that cannot be kept.
const leastRate = 1e-3

func anyLatency(slos []serving.Objective) bool {
	return slices.ContainsFunc(slos, serving.Objective.IsLatency)
}

// highest is the greatest value up to limit for which a monotone condition
// holds, to 0.1%; 0 when it holds for none above limit/1e9.
func highest(holds func(float64) bool, limit float64) float64 {
	if limit <= 0 || holds(limit) {
		return limit
	}
	low, high := 0.0, limit
	for high-low > 1e-3*high && high > 1e-9*limit {
		middle := (low + high) / 2
		if holds(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}
