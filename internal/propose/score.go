package propose

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ScoreSources says what came of the candidates of each source in a run. A
// configuration counts as better if it was a proven gain (Accept) over the best
// that was measured before it, so that who adds nothing to what is known has no
// part in it. winner is the confirmed configuration, nil for none.
func ScoreSources(queue []serving.Candidate, trials []serving.Trial, winner *serving.EngineConfig, minEffect float64) []serving.SourceScore {
	scores := map[serving.Source]*serving.SourceScore{}
	for _, s := range serving.Sources() {
		scores[s] = &serving.SourceScore{Source: s}
	}
	each := func(of []serving.Source, count func(*serving.SourceScore)) {
		for _, s := range of {
			if score, known := scores[s]; known {
				count(score)
			}
		}
	}
	for _, c := range withTried(queue, trials) {
		each(c.Sources, func(s *serving.SourceScore) { s.Proposed++ })
		first, better := outcomeOf(c.Config, trials, minEffect)
		if !first {
			continue
		}
		each(c.Sources, func(s *serving.SourceScore) { s.Tried++ })
		if better {
			each(c.Sources, func(s *serving.SourceScore) { s.Better++ })
		}
		if winner != nil && winner.Equal(c.Config) {
			each(c.Sources, func(s *serving.SourceScore) { s.Won++ })
		}
	}
	var out []serving.SourceScore
	for _, s := range serving.Sources() {
		if scores[s].Proposed > 0 {
			out = append(out, *scores[s])
		}
	}
	return out
}

// withTried adds to a queue what the search thought of and measured.
func withTried(queue []serving.Candidate, trials []serving.Trial) []serving.Candidate {
	var tried []serving.Candidate
	for _, t := range trials {
		tried = append(tried, t.Candidate)
	}
	out := slices.Clone(queue)
	for _, c := range tried {
		if !slices.ContainsFunc(out, func(o serving.Candidate) bool { return o.Config.Equal(c.Config) }) {
			out = append(out, c)
		}
	}
	return out
}

// outcomeOf says whether a configuration was tried, and whether one of its trials
// beat the best of all others before it.
func outcomeOf(cfg serving.EngineConfig, trials []serving.Trial, minEffect float64) (tried, better bool) {
	var best *serving.Trial
	for i := range trials {
		t := &trials[i]
		own := t.Candidate.Config.Equal(cfg)
		if own {
			tried = true
			if best != nil {
				_, accepted, _ := Accept(*best, *t, minEffect)
				better = better || accepted
			}
		}
		if !own && t.Status == serving.TrialMeasured && (best == nil || t.Result.MaxGood > best.Result.MaxGood) {
			best = t
		}
	}
	return tried, better
}
