package propose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	flagPrefix   = "--enable-prefix-caching"
	flagNoPrefix = "--no-enable-prefix-caching"
)

// leastSharing is the shared part of prompts below which caching is not worth a
// restart: at 10% it saves less than the model's error.
const leastSharing = 0.1

// cachePrefixes switches prefix caching on where prompts share a beginning, or
// where that cannot be known because the cache that would show it is off.
func cachePrefixes(s scope) []idea {
	changes := switchOn(s, flagPrefix, flagNoPrefix)
	if len(changes) == 0 && s.forecast.modelled() && !s.settings.PrefixCaching {
		changes = []serving.FlagChange{set(s.cfg, flagPrefix, "")}
	}
	share := s.Workload.PrefixShare
	unknown := share == 0 && s.Workload.Source == "observed"
	if len(changes) == 0 || share < leastSharing && !unknown {
		return nil
	}
	rationale := fmt.Sprintf("prefix caching is off and prompts share %.0f%% of their tokens", share*100)
	if unknown {
		rationale = "prefix caching is off, so how much prompts share cannot be seen; looking costs less than 1%"
	}
	return []idea{{
		needed:    true,
		published: published(1.0, 2.9, "1.23x, 1.70x and 2.89x at 25, 50 and 75% shared"),
		recommendation: serving.Recommendation{
			ID: "prefix-caching/enable", Family: serving.FamilyPrefixCaching, Risk: serving.RiskCheap,
			Title:     "Reuse shared prompt beginnings: prefix caching on",
			Changes:   changes,
			Mechanism: "The KV blocks of a prefix that was computed before are reused: its prefill is skipped, and requests that share it hold it once.",
			Rationale: s.because(rationale, serving.BottleneckLowPrefixReuse, serving.BottleneckPrefillBound),
			WrongIf:   "prompts share nothing from their first token on, or the router spreads requests of one prefix over replicas",
		},
	}}
}
