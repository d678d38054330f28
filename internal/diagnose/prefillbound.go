package diagnose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// queueIsCause is the share of the time to the first token spent in the queue
	// from which the queue, not the prefill, is what to mend.
	queueIsCause = 0.3
	// prefillIsCause and prefillIsNot bound the prefill's own share.
	prefillIsCause = 0.5
	prefillIsNot   = 0.3
)

// prefillBound finds first tokens that come late although nobody queues: the
// prompt itself takes too long.
func prefillBound(f facts) (serving.Bottleneck, bool) {
	slow, ok := f.latency(serving.MetricTTFT)
	if !ok {
		return serving.Bottleneck{}, false
	}
	_, isQueue, queueKnown := f.queued()
	queue, timed := meanShare(f.s.Queue, f.s.TTFT).Get()
	if f.starvesPrompts() {
		return budgetBound(f, slow), true
	}
	if isQueue || timed && queue >= queueIsCause || !queueKnown && !timed {
		return serving.Bottleneck{}, false
	}
	confidence := 0.7
	prefill, measured := meanShare(f.s.Prefill, f.s.TTFT).Get()
	switch {
	case measured && prefill < prefillIsNot:
		return serving.Bottleneck{}, false
	case measured && prefill >= prefillIsCause:
		confidence = 0.85
	}
	if !slow.byObjective {
		confidence -= 0.2
	}
	e := evidence{slow.evidence}
	e.add("waiting_requests", f.s.Waiting, 1, "mean over the window: the queue is empty")
	e.add("queue_share_of_ttft_ratio", meanShare(f.s.Queue, f.s.TTFT), queueIsCause, "")
	e.add("prefill_share_of_ttft_ratio", meanShare(f.s.Prefill, f.s.TTFT), prefillIsCause, "")
	e.add("prompt_tokens_mean", histogramMean(f.s.PromptLengths), 0, "")
	return serving.Bottleneck{
		Kind: serving.BottleneckPrefillBound, Severity: severityOf(slow.ratio), Confidence: confidence, Evidence: e,
		Summary: fmt.Sprintf("First tokens are late (%.3g s, limit %.3g s) with an empty queue: the prompts take too long to process.",
			slow.evidence.Observed, slow.evidence.Threshold),
		Families: []serving.Family{serving.FamilyPrefixCaching, serving.FamilyBatching, serving.FamilyQuantization, serving.FamilyParallelism, serving.FamilyReplicas},
	}, true
}

// smallBudget is the number of prompt tokens a step below which its kernels wait
// for weights instead of computing (vLLM's advice: 2048 for even gaps, 8192 and
// more for first tokens).
const smallBudget = 2048

// starvesPrompts says that prompts take several steps because a step may compute
// few of their tokens, while cache and slots are free.
func (f facts) starvesPrompts() bool {
	budget, known := f.settings.budget().Get()
	prompt, measured := f.promptTokens().Get()
	usage, reported := f.usage.Get()
	return known && measured && budget < smallBudget && prompt > budget &&
		(!reported || usage < kvFree) && f.s.Running.Over(f.slots).Or(0) < slotsFull && f.preempting().Or(0) < preemptionsMatter
}

func budgetBound(f facts, slow trouble) serving.Bottleneck {
	flag := f.settings.dialect.Budget.Flag
	e := evidence{slow.evidence}
	e.add("prompt_tokens_mean", f.promptTokens(), f.settings.budget().Or(0), "")
	e.add("prefill_tokens_per_step", f.settings.budget(), smallBudget, flag)
	e.add("waiting_requests", f.s.Waiting, 0, "mean over the window")
	f.addUse(&e, kvFree, "the cache has room")
	confidence := 0.85
	if !slow.byObjective {
		confidence -= 0.2
	}
	return serving.Bottleneck{
		Kind: serving.BottleneckPrefillBound, Severity: severityOf(slow.ratio), Confidence: confidence, Evidence: e,
		Summary: fmt.Sprintf("First tokens are late (%.3g s, limit %.3g s): prompts of %.0f tokens are computed %.0f tokens a step (%s).",
			slow.evidence.Observed, slow.evidence.Threshold, f.promptTokens().Or(0), f.settings.budget().Or(0), flag),
		Families: []serving.Family{serving.FamilyBatching, serving.FamilyPrefixCaching, serving.FamilyQuantization, serving.FamilyReplicas},
	}
}

// meanShare is the mean of a part over the mean of the whole.
func meanShare(part, whole *serving.Histogram) serving.Measure {
	return histogramMean(part).Over(histogramMean(whole))
}

func histogramMean(h *serving.Histogram) serving.Measure {
	if h == nil {
		return serving.Unknown()
	}
	return h.Mean()
}
