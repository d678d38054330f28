package diagnose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// sharingMatters is the shared part of prompts from which reuse pays: at 25%
	// hits it gains 1.23 times, at 75% 2.89 times (levers.md).
	sharingMatters = 0.2
	sharingMuch    = 0.5
	// reusePoor is the part of what is shared, or of what used to be hit, below
	// which the cache does not do its work.
	reusePoor = 0.5
)

// lowPrefixReuse finds prompts that share beginnings which are computed again
// and again: the cache is off, or misses what it should hit.
func lowPrefixReuse(f facts) (serving.Bottleneck, bool) {
	switch f.settings.prefixCaching(f.s) {
	case dialect.Off:
		return cachingIsOff(f)
	case dialect.On:
		return cacheMisses(f)
	}
	return serving.Bottleneck{}, false
}

func cachingIsOff(f facts) (serving.Bottleneck, bool) {
	share, known := f.sharing().Get()
	if known && share < sharingMatters {
		return serving.Bottleneck{}, false
	}
	b := reuseFinding()
	var e evidence
	e.add("prefix_caching_enabled", serving.Known(0), 1, "0 is off")
	if !known {
		b.Severity, b.Confidence, b.Evidence = serving.SeverityLow, 0.4, e
		b.Summary = "Prefix caching is off; whether the prompts share beginnings is not known."
		return b, true
	}
	e.add("prefix_share_ratio", serving.Known(share), sharingMatters, "of each prompt, shared with others")
	e.troubles(f, serving.MetricTTFT)
	b.Severity, b.Confidence, b.Evidence = worse(reuseSeverity(share), f.worstLatency(serving.MetricTTFT)), 0.9, e
	b.Summary = fmt.Sprintf("Prefix caching is off although %s of each prompt is shared with others.", percent(share))
	return b, true
}

// cacheMisses finds a cache that hits less than the prompts share, or less than
// it used to.
func cacheMisses(f facts) (serving.Bottleneck, bool) {
	rate, known := f.s.PrefixHitRate().Get()
	if !known {
		return serving.Bottleneck{}, false
	}
	expected, confidence, text := f.sharing().Or(0), 0.7, "share of prompts that could be hit"
	if f.in.Workload == nil || f.in.Workload.Source == observedSource || expected < sharingMatters {
		// An observed share is the hit rate itself, so only the past can tell.
		expected = f.usual(serving.Snapshot.PrefixHitRate).Or(0)
		confidence, text = 0.6, "median of the fleet's history"
	}
	if expected < sharingMatters || rate >= reusePoor*expected {
		return serving.Bottleneck{}, false
	}
	b := reuseFinding()
	e := evidence{{Name: "prefix_hit_ratio", Observed: rate, Threshold: reusePoor * expected, Text: "half of the " + text}}
	e.troubles(f, serving.MetricTTFT)
	b.Severity, b.Confidence, b.Evidence = worse(reuseSeverity(expected-rate), f.worstLatency(serving.MetricTTFT)), confidence, e
	b.Summary = fmt.Sprintf("The prefix cache hits %s of the prompt tokens where %s could be hit: replicas may not see the same prefixes again, or the cache is too small.",
		percent(rate), percent(expected))
	return b, true
}

// sharing is the shared part of the prompts. An observed workload with caching
// off has seen none, which says nothing.
func (f facts) sharing() serving.Measure {
	w := f.in.Workload
	if w == nil || w.Source == observedSource && w.PrefixShare == 0 {
		return serving.Unknown()
	}
	return serving.Known(w.PrefixShare)
}

func reuseSeverity(share float64) serving.Severity {
	if share >= sharingMuch {
		return serving.SeverityHigh
	}
	return serving.SeverityMedium
}

func reuseFinding() serving.Bottleneck {
	return serving.Bottleneck{Kind: serving.BottleneckLowPrefixReuse, Families: []serving.Family{serving.FamilyPrefixCaching}}
}
