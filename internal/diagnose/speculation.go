package diagnose

import (
	"fmt"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// fewAccepted is the share of drafted tokens that must be accepted for a draft
	// to pay for its verification: EAGLE-3 reaches 0.58 on its three tokens, and
	// at 0.3 a step of three drafts yields 1.4 tokens for about 1.5 times the work.
	fewAccepted = 0.3
	// speculationBatch is the number of requests a GPU decodes at once from which
	// verification competes with other requests' tokens: published runs lose 1.4
	// to 1.8 times at load (levers.md: only below 16 to 32 a GPU).
	speculationBatch = 32
)

// ineffectiveSpeculation finds drafts that cost more than they bring: hardly any
// is accepted, or the batch is so large that checking them is no longer free.
func ineffectiveSpeculation(f facts) (serving.Bottleneck, bool) {
	if !f.settings.drafting(f.s) {
		return serving.Bottleneck{}, false
	}
	accepted := f.acceptance()
	perGPU := f.batch.Over(serving.Known(f.settings.tensorParallel()))
	few := accepted.IsKnown() && accepted.Or(1) < fewAccepted
	crowded := perGPU.Or(0) > speculationBatch
	if !few && !crowded {
		return serving.Bottleneck{}, false
	}
	severity, confidence := serving.SeverityMedium, 0.7
	if few {
		confidence = 0.85
	}
	if few && crowded {
		severity, confidence = serving.SeverityHigh, 0.95
	}
	var e evidence
	e.add("draft_acceptance_ratio", accepted, fewAccepted, "accepted over drafted tokens")
	e.add("batch_requests_per_gpu", perGPU, speculationBatch, "decoding at once, mean over the window")
	e.troubles(f, serving.MetricITL, serving.MetricTTFT)
	if len(e) == 0 {
		return serving.Bottleneck{}, false
	}
	text := fmt.Sprintf("Speculative decoding drafts for %.0f requests at once on each GPU, where checking the drafts takes the time of other tokens", perGPU.Or(0))
	if few {
		text = fmt.Sprintf("Speculative decoding costs more than it brings: %s of the drafted tokens are accepted", percent(accepted.Or(0)))
	}
	return serving.Bottleneck{
		Kind: serving.BottleneckSpeculation, Confidence: confidence, Evidence: e, Summary: text + ".",
		Severity: worse(severity, f.worstLatency(serving.MetricITL)),
		Families: []serving.Family{serving.FamilySpeculation},
	}, true
}

// acceptance is the accepted part of the drafted tokens: counted, shown by the
// engine, or, where only accepted tokens are counted, those of a step over the
// number it drafts.
func (f facts) acceptance() serving.Measure {
	if counted := f.s.AcceptedTokens.Over(f.s.DraftTokens); counted.IsKnown() {
		return counted
	}
	if shown, err := strconv.ParseFloat(f.s.Revealed[f.settings.dialect.DraftAcceptance], 64); err == nil {
		return serving.Known(shown)
	}
	gained, counted := f.s.AcceptedTokens.Get()
	generated, known := f.s.GenerationTokens.Get()
	if !counted || !known || generated <= gained {
		return serving.Unknown()
	}
	return serving.Known(gained / (generated - gained)).Over(f.settings.dialect.Drafts.In(f.in.Fleet.Config, f.s.Revealed))
}
