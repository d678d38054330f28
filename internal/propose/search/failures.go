package search

import (
	"fmt"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// failures are what trials showed about configurations that do not run.
type failures struct {
	d      dialect.Dialect
	share  float64 // the greatest share of memory that ran
	memory []Observation
	others []suspects
	ran    []map[string]string
}

// suspects are the settings and pairs of settings of a failed configuration that
// no configuration that ran has had: one of them is to blame.
type suspects struct {
	of     Observation
	blamed []blame
}

// blame weighs a setting (b is "") or a pair: one setting is as likely to be the
// cause as a handful of pairs.
type blame struct {
	a, b   string
	weight float64
}

const singleWeight = 3

func (s *Search) learnFailures(seen []Observation) failures {
	f := failures{d: dialect.Of(s.problem.Fleet.Config.Engine)}
	for _, o := range seen {
		if !o.Failed && !o.Pending {
			f.ran = append(f.ran, flagsOf(o.Config))
			f.share = max(f.share, f.shareOf(o.Config))
		}
	}
	for _, o := range seen {
		switch {
		case !o.Failed:
		case outOfMemory(o.Reason):
			f.memory = append(f.memory, o)
		default:
			f.others = append(f.others, f.suspect(o))
		}
	}
	return f
}

// outOfMemory recognises the words of the engines.
func outOfMemory(reason string) bool {
	lower := strings.ToLower(reason)
	return strings.Contains(lower, "out of memory") || strings.Contains(lower, "outofmemory") ||
		strings.Contains(lower, "no available memory") || strings.Contains(lower, "oom")
}

// shareOf is the share of memory that a configuration asks for.
func (f failures) shareOf(cfg serving.EngineConfig) float64 {
	return f.d.MemoryShare.Of(cfg).Or(f.d.Share.Usual)
}

// Chances of a failure.
const (
	// surelyFails is that of asking for no less than what ran out of memory.
	surelyFails = 0.97
	// someLimit is the chance that there is less memory than an engine may ask for,
	// before any trial has run out of it.
	someLimit = 0.35
)

// chance that a configuration fails, and why.
func (f failures) chance(p *point) (chance float64, why string) {
	chance, why = f.chanceOfMemory(p)
	for _, s := range f.others {
		if c := s.chance(p); c > chance {
			chance, why = c, fmt.Sprintf("it shares %.0f%% of what may have failed %s (%s)", 100*c, strings.Join(s.of.Config.FlagList(), " "), s.of.Reason)
		}
	}
	return chance, why
}

// chanceOfMemory takes the share at which memory ends as equally likely anywhere
// between what ran and what did not. Where both asked for the same share, other
// flags took the memory, and only what asks for no less of each is avoided.
func (f failures) chanceOfMemory(p *point) (chance float64, why string) {
	share, limit := f.shareOf(p.candidate.Config), 1.0
	chance = someLimit
	for _, o := range f.memory {
		failed := f.shareOf(o.Config)
		if f.asksNoLess(p.candidate.Config, o.Config) {
			return surelyFails, fmt.Sprintf("%s ran out of memory and it asks for no less (%s)", strings.Join(o.Config.FlagList(), " "), o.Reason)
		}
		if failed > f.share && failed <= limit {
			limit, chance, why = failed, 1, fmt.Sprintf("memory ends between a share of %.2f, which ran, and %.2f, which did not", f.share, failed)
		}
	}
	if share <= f.share || limit <= f.share {
		return 0, ""
	}
	return min(surelyFails, chance*(share-f.share)/(limit-f.share)), why
}

// asksNoLess compares all that takes memory at start.
func (f failures) asksNoLess(cfg, failed serving.EngineConfig) bool {
	if f.shareOf(cfg) < f.shareOf(failed) {
		return false
	}
	for _, role := range []dialect.Number{f.d.Slots, f.d.Budget} {
		was, stated := role.Of(failed).Get()
		now, known := role.Of(cfg).Get()
		if f.shareOf(failed) <= f.share && stated && known && now < was {
			return false
		}
	}
	return f.shareOf(failed) > f.share || sameFormats(f.d, cfg, failed)
}

// sameFormats says that weights and keys take as many bits.
func sameFormats(d dialect.Dialect, a, b serving.EngineConfig) bool {
	return slices.Equal(formatsOf(d, a), formatsOf(d, b))
}

func formatsOf(d dialect.Dialect, cfg serving.EngineConfig) []string {
	weights, _ := cfg.Get(d.Quantization.Flag)
	keys, _ := cfg.Get(d.KVType.Flag)
	return []string{cfg.Model, weights, keys}
}

func (f failures) suspect(o Observation) suspects {
	out := suspects{of: o}
	flags := o.Config.Flags
	for i, a := range flags {
		if !f.acquitted(a) {
			out.blamed = append(out.blamed, blame{a: a.String(), weight: singleWeight})
		}
		for _, b := range flags[i+1:] {
			if !f.acquitted(a, b) {
				out.blamed = append(out.blamed, blame{a: a.String(), b: b.String(), weight: 1})
			}
		}
	}
	return out
}

// acquitted says that a configuration with these settings ran.
func (f failures) acquitted(settings ...serving.Flag) bool {
	return slices.ContainsFunc(f.ran, func(flags map[string]string) bool {
		return !slices.ContainsFunc(settings, func(s serving.Flag) bool {
			v, set := flags[s.Name]
			return !set || v != s.Value
		})
	})
}

// chance that the cause is among a configuration's settings.
func (s suspects) chance(p *point) float64 {
	var all, shared float64
	for _, b := range s.blamed {
		all += b.weight
		if p.writes(b.a) && (b.b == "" || p.writes(b.b)) {
			shared += b.weight
		}
	}
	if all == 0 {
		return 0
	}
	return shared / all
}

// writes says that a configuration has a setting, in the form of Flag.String.
func (p *point) writes(setting string) bool {
	return slices.Contains(p.candidate.Config.FlagList(), setting)
}
