package vllm

import (
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// engineSteps is the number of observations of tokens per step.
func (r *reader) engineSteps() {
	f, ok := r.family("engine_steps", []string{nameIterationTokens}, engine.TypeHistogram,
		"exposed from V0 0.6.4 and V1 0.7.3, not by the Rust front end")
	if !ok {
		return
	}
	h, reason := sumHistograms(f)
	if h == nil {
		r.missing("engine_steps", "%s", reason)
		return
	}
	r.out.EngineSteps = serving.Known(h.Count)
}

func (r *reader) finished() {
	f, ok := r.family("finished_by_reason", []string{nameSuccess}, engine.TypeCounter, "exposed from V0 0.4.2 and V1 0.7.2")
	if !ok {
		return
	}
	for _, s := range f.Series {
		v, known := serving.Known(s.Value).Get()
		reason := s.Labels["finished_reason"]
		if !known || reason == "" {
			continue
		}
		if r.out.FinishedByReason == nil {
			r.out.FinishedByReason = map[string]float64{}
		}
		r.out.FinishedByReason[reason] += v
	}
	if r.out.FinishedByReason == nil {
		r.missing("finished_by_reason", "%s has no series with a finished_reason", nameSuccess)
	}
}

// errors counts answers of 5xx. A request that the engine ended with the reason
// "error" is one of them, so the two are not added. The counter appears with the
// first request, so its series without a 5xx mean none.
func (r *reader) errors() {
	f, ok := r.family("errors", []string{nameHTTPRequests}, engine.TypeCounter, "exposed from 0.8.3, after the first request")
	if !ok {
		return
	}
	sum := serving.Known(0)
	for _, s := range f.Series {
		if strings.HasPrefix(s.Labels["status"], "5") {
			sum = sum.Plus(serving.Known(s.Value))
		}
	}
	r.out.Errors = sum
}

func (r *reader) processStart() {
	f, ok := r.family("process_started_unix", []string{nameProcessStart}, engine.TypeGauge,
		"several processes share the page; a restart shows in counters that fall")
	if ok && len(f.Series) > 0 {
		r.put("process_started_unix", f.Name, &r.out.ProcessStartedUnix, serving.Known(f.Series[0].Value))
	}
}
