package propose

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// combinations lists the sets of recommendations to try, possibly with repeats:
// the whole first, then the cheap ones, the path of a greedy search, the whole
// without one choice, and each alone. Sets hold no conflicts.
func combinations(f *forecast, recs []serving.Recommendation) [][]serving.Recommendation {
	preferred := byEffect(recs)
	whole := inOrderOf(recs, compatible(preferred))
	cheap := slices.DeleteFunc(slices.Clone(whole), func(r serving.Recommendation) bool { return r.Risk != serving.RiskCheap })
	sets := [][]serving.Recommendation{whole, cheap}
	sets = append(sets, greedy(f, recs)...)
	for i, r := range whole {
		// A plain mistake is mended in every combination; what costs quality or
		// was a choice is also left out once.
		if r.Risk != serving.RiskCheap || r.Family == serving.FamilyBatching {
			sets = append(sets, slices.Delete(slices.Clone(whole), i, i+1))
		}
	}
	for _, r := range recs {
		sets = append(sets, []serving.Recommendation{r})
	}
	return sets
}

// byEffect puts the strongest first, so that of two that conflict it is kept.
func byEffect(recs []serving.Recommendation) []serving.Recommendation {
	out := slices.Clone(recs)
	slices.SortStableFunc(out, func(a, b serving.Recommendation) int {
		switch {
		case a.Effect.ThroughputHigh > b.Effect.ThroughputHigh:
			return -1
		case a.Effect.ThroughputHigh < b.Effect.ThroughputHigh:
			return 1
		}
		return 0
	})
	return out
}

// inOrderOf gives a subset the order of the list it comes from.
func inOrderOf(recs, subset []serving.Recommendation) []serving.Recommendation {
	var out []serving.Recommendation
	for _, r := range recs {
		if slices.ContainsFunc(subset, func(s serving.Recommendation) bool { return s.ID == r.ID }) {
			out = append(out, r)
		}
	}
	return out
}

// greedy adds, one after the other, what the model gains most from, and returns
// every stop on the way; it ends when nothing adds 1%.
func greedy(f *forecast, recs []serving.Recommendation) [][]serving.Recommendation {
	if !f.modelled() {
		return nil
	}
	var path [][]serving.Recommendation
	var chosen []serving.Recommendation
	reached := 1.0
	for {
		next, ratio := f.nextBest(recs, chosen)
		if next < 0 || ratio < reached*1.01 {
			return path
		}
		chosen = append(slices.Clone(chosen), recs[next])
		path = append(path, inOrderOf(recs, chosen))
		reached = ratio
	}
}

// nextBest finds the recommendation that gains most on top of the chosen ones;
// -1 when none can be added.
func (f *forecast) nextBest(recs, chosen []serving.Recommendation) (index int, ratio float64) {
	index = -1
	for i, r := range recs {
		if conflictsWithAny(r, chosen) {
			continue
		}
		set := append(slices.Clone(chosen), r)
		if got := f.ratio(Apply(f.in.Fleet.Config, changesOf(set))); got > ratio {
			index, ratio = i, got
		}
	}
	return index, ratio
}
