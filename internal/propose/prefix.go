package propose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// leastSharing is the shared part of prompts below which caching is not worth a
// restart: at 10% it saves less than the model's error.
const leastSharing = 0.1

// cachePrefixes switches prefix caching on where prompts share a beginning, or
// where that cannot be known because the cache that would show it is off.
func cachePrefixes(s scope) []idea {
	changes := unsetAll(s.cfg, s.d.Prefix.Offending(s.cfg)...)
	if enable := s.d.Prefix.Enable; len(changes) == 0 && enable.Flag != "" && s.forecast.modelled() && !s.settings.PrefixCaching {
		changes = []serving.FlagChange{set(s.cfg, enable.Flag, enable.Value)}
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
		recommendation: s.withReason(serving.Recommendation{
			ID: "prefix-caching/enable", Family: serving.FamilyPrefixCaching, Risk: serving.RiskCheap,
			Title:     "Reuse shared prompt beginnings: prefix caching on",
			Changes:   changes,
			Mechanism: "The KV blocks of a prefix that was computed before are reused: its prefill is skipped, and requests that share it hold it once.",
			WrongIf:   "prompts share nothing from their first token on, or the router spreads requests of one prefix over replicas",
		}, rationale, serving.BottleneckLowPrefixReuse, serving.BottleneckPrefillBound),
	}}
}

// stickToPrefixes advises to send requests of one prefix to one replica, where a
// cache misses what the prompts share.
func stickToPrefixes(s scope) []idea {
	_, found := s.finding(serving.BottleneckLowPrefixReuse)
	if !found || s.replicas() < 2 || len(s.d.Prefix.Offending(s.cfg)) > 0 {
		return nil
	}
	return []idea{{
		published: published(1.0, 1.9, "SGLang's cache-aware routing, 82.7k to 158.6k tokens a second as hits rise from 20 to 75%"),
		recommendation: s.withReason(serving.Recommendation{
			ID: "prefix-caching/sticky-routing", Family: serving.FamilyPrefixCaching, Risk: serving.RiskCheap,
			Title:         "Send requests that begin alike to the same replica",
			Mechanism:     "Each replica has a prefix cache of its own: a prefix is hit where it was computed, so spreading its requests over n replicas computes it n times and keeps n copies.",
			WrongIf:       "a few prefixes make most of the traffic: their replica is then overloaded",
			Prerequisites: []string{"a router that can hash a session or the beginning of a prompt"},
		}, fmt.Sprintf("%d replicas share the requests and the cache misses what they have in common", s.replicas()), serving.BottleneckLowPrefixReuse),
	}}
}
