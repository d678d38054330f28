package propose

import (
	"fmt"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// SGLang admits a request when its prompt and a guess of its output fit the
// cache; the guess is scaled by --schedule-conservativeness (engines.md 3e).
const (
	conservativenessUsual = 1.0
	conservativenessLow   = 0.3
	conservativenessHigh  = 1.3
)

// loosenAdmission admits more while the cache has room and requests wait.
func loosenAdmission(s scope) []idea {
	b, found := s.finding(serving.BottleneckSlotBound)
	now, known := s.conservativeness()
	if !found || !known || now <= conservativenessLow || !heldBack(b) {
		return nil
	}
	flag, target := s.d.Conservativeness.Spelling(s.cfg), conservativenessLow
	return []idea{{
		needed:    true,
		published: published(1.0, 1.5, "SGLang's tuning guide: usage below 0.9 with a queue; no figure is published, the bound is the unused cache"),
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyBatching, flag, short(target)), Family: serving.FamilyBatching, Risk: serving.RiskCheap,
			Title:     fmt.Sprintf("Admit requests sooner: %s %s instead of %s", flag, short(target), short(now)),
			Changes:   []serving.FlagChange{set(s.cfg, flag, short(target))},
			Mechanism: "Admission reserves a part of each request's greatest output; answers that end sooner leave the reserve unused while others wait. A smaller part admits more.",
			WrongIf:   "retractions become frequent (one a minute is fine): then answers do use what was reserved",
		}, "the cache has room and requests wait", serving.BottleneckSlotBound),
	}}
}

// tightenAdmission admits less where requests are thrown out again and again.
func tightenAdmission(s scope) []idea {
	_, found := s.finding(serving.BottleneckKVPressure)
	now, known := s.conservativeness()
	if !found || !known || now >= conservativenessUsual && now != conservativenessUsual || s.Snapshot.Preemptions.Or(0) == 0 {
		return nil
	}
	flag, target := s.d.Conservativeness.Spelling(s.cfg), conservativenessHigh
	if now < conservativenessUsual {
		target = conservativenessUsual
	}
	return []idea{{
		needed:    true,
		published: published(0.95, 1.2, "SGLang's tuning guide: frequent retractions at high usage; no figure is published"),
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyBatching, flag, short(target)), Family: serving.FamilyBatching, Risk: serving.RiskCheap,
			Title:     fmt.Sprintf("Admit requests later: %s %s instead of %s", flag, short(target), short(now)),
			Changes:   []serving.FlagChange{set(s.cfg, flag, short(target))},
			Mechanism: "A retracted request is computed again from its beginning. Reserving more for each output admits fewer and throws out fewer.",
			WrongIf:   "usage falls below 0.9 while requests wait: then the reserve is too large",
		}, fmt.Sprintf("%.0f requests were retracted in the window", s.Snapshot.Preemptions.Or(0)), serving.BottleneckKVPressure),
	}}
}

// preferPrefixes takes waiting requests by the longest cached prefix.
func preferPrefixes(s scope) []idea {
	_, found := s.finding(serving.BottleneckLowPrefixReuse)
	now, stated := s.cfg.Get(s.d.Policy)
	if !found || s.d.Policy == "" || stated && now != "fcfs" || len(s.d.Prefix.Offending(s.cfg)) > 0 {
		return nil
	}
	return []idea{{
		needed:    true,
		published: published(1.0, 1.3, "SGLang's tuning guide: lpm for many shared prefixes; no figure is published for the order alone"),
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyPrefixCaching, s.d.Policy, s.d.PolicyPrefix), Family: serving.FamilyPrefixCaching, Risk: serving.RiskCheap,
			Title:     "Take waiting requests by their longest cached prefix",
			Changes:   []serving.FlagChange{set(s.cfg, s.d.Policy, s.d.PolicyPrefix)},
			Mechanism: "Requests that share a prefix run one after the other, while it is in the cache; in the order of arrival it may be evicted in between.",
			WrongIf:   "nobody waits (there is no order to choose), or requests without shared prefixes starve",
		}, "requests are taken in the order of arrival", serving.BottleneckLowPrefixReuse),
	}}
}

// conservativeness is the present value; known is false in an engine without it.
func (s scope) conservativeness() (now float64, known bool) {
	if !s.d.Conservativeness.Exists() {
		return 0, false
	}
	return s.d.Conservativeness.In(s.cfg, s.Snapshot.Revealed).Or(conservativenessUsual), true
}

// heldBack tells the two reasons of waiting with a free cache apart: slots that
// are full, or an admission that reserves too much.
func heldBack(b serving.Bottleneck) bool {
	for _, e := range b.Evidence {
		if e.Name == "schedule_conservativeness" {
			return true
		}
	}
	return false
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
