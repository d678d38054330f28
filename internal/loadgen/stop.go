package loadgen

import (
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// leastForErrorRate requests must have ended before their error rate says
	// anything.
	leastForErrorRate = 20
	// leastForSaturation is how long a load must have run before its growth is
	// looked at, and half of its window where that is shorter (GuideLLM: 30 s).
	leastForSaturation = 30 * time.Second
)

// stopRules is a watcher that ends a load by the rules given; nil when there are
// none.
func stopRules(rules *serving.StopRules, c criteria) watcher {
	if rules == nil || *rules == (serving.StopRules{}) {
		return nil
	}
	return func(s sighting) (ruling, serving.Evidence) {
		if why, over := tooManyErrors(s, *rules); over {
			return lost, why
		}
		if !rules.OverSaturation || !longEnough(s) {
			return goOn, serving.Evidence{}
		}
		if why, over := saturating(s, c); over {
			return lost, why
		}
		if s.now < s.plan.warmup+s.plan.window/2 {
			return goOn, serving.Evidence{}
		}
		if why, over := overSaturated(s); over {
			return lost, why
		}
		return goOn, serving.Evidence{}
	}
}

func longEnough(s sighting) bool {
	least := leastForSaturation
	if s.plan.window > 0 {
		least = min(least, s.plan.window/2)
	}
	return s.now-s.plan.warmup >= least
}

func tooManyErrors(s sighting, rules serving.StopRules) (serving.Evidence, bool) {
	ended, failed := 0, 0
	for _, l := range s.landed {
		if l.counted && l.Error != KindAbandoned {
			ended++
			if !l.Whole() {
				failed++
			}
		}
	}
	if rules.MaxErrors > 0 && failed >= rules.MaxErrors {
		return serving.Evidence{Name: "failed_requests", Observed: float64(failed), Threshold: float64(rules.MaxErrors),
			Text: fmt.Sprintf("stopped: %d requests have failed, the rule allows fewer than %d", failed, rules.MaxErrors)}, true
	}
	rate := float64(failed) / float64(max(1, ended))
	if rules.MaxErrorRate > 0 && ended >= leastForErrorRate && rate > rules.MaxErrorRate {
		return serving.Evidence{Name: "error_ratio", Observed: rate, Threshold: rules.MaxErrorRate,
			Text: fmt.Sprintf("stopped: %d of %d requests have failed", failed, ended)}, true
	}
	return serving.Evidence{}, false
}
