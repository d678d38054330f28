package diagnose

import (
	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// observedSource marks a workload that was learnt from a snapshot.
const observedSource = "observed"

// Coefficients of variation used where an engine shows only totals: those of
// the Azure production trace of 2023 (conversation).
const (
	typicalPromptCV = 0.96
	typicalOutputCV = 0.77
)

// ObserveWorkload learns the traffic of a variant from what finished in the
// window. ok is false when too few requests finished or their lengths are not
// known. While a backlog grows, less finishes than arrives: the rate is then a
// lower bound. The shared part of prompts shows only where they are cached; it
// is 0 otherwise, and does not mean that nothing is shared.
func ObserveWorkload(s serving.Snapshot) (serving.Workload, bool) {
	requests, known := s.Requests().Get()
	rate, timed := s.PerSecond(s.Requests()).Get()
	if !known || !timed || requests < fewRequests {
		return serving.Workload{}, false
	}
	prompt, okPrompt := lengths(s.PromptLengths, s.PromptTokens.Over(s.Requests()), typicalPromptCV)
	output, okOutput := lengths(s.OutputLengths, s.GenerationTokens.Over(s.Requests()), typicalOutputCV)
	if !okPrompt || !okOutput {
		return serving.Workload{}, false
	}
	w := serving.Workload{RatePerSecond: rate, Arrival: "poisson", PromptTokens: prompt, OutputTokens: output, Source: observedSource}
	cache := newSettings(serving.EngineConfig{Engine: s.Engine}, serving.Hardware{}, s)
	if share, ok := s.PrefixHitRate().Get(); ok && share > 0 && cache.prefixCaching(s) == dialect.On {
		w.PrefixShare, w.PrefixGroups = min(share, 1), 1
	}
	return w, true
}

// lengths prefers the histogram, whose sum and count are exact and whose
// buckets give the spread.
func lengths(h *serving.Histogram, mean serving.Measure, typicalCV float64) (serving.Lengths, bool) {
	if h != nil && h.Count > 0 {
		m, ok := h.Mean().Get()
		if !ok || m <= 0 {
			return serving.Lengths{}, false
		}
		return shaped(serving.Lengths{Mean: m, CV: coefficientOfVariation(*h, m)}, *h), true
	}
	m, ok := mean.Get()
	return serving.Lengths{Mean: m, CV: typicalCV}, ok && m > 0
}

// Where a shape is learnt: so many requests fix it within some percent, and a
// spread so much beyond the fitted one is that of the buckets, not the lengths.
const (
	fewForShape = 200
	bucketsBlur = 1.2
)

// shaped gives lengths the shape of their histogram, which a log-normal one may
// not have: prompts of two kinds have two humps. Mean and spread stay.
func shaped(l serving.Lengths, h serving.Histogram) serving.Lengths {
	seen, ok := serving.EmpiricalLengths(h)
	if ok && h.Count >= fewForShape && seen.CV <= bucketsBlur*l.CV {
		l.Shape, l.Points = seen.Shape, seen.Points
	}
	return l
}
