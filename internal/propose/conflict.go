package propose

import "github.com/optiinfra/performance-agent/internal/serving"

// conflict says that two recommendations cannot be made together: they change
// the same flag, or both change the weights.
func conflict(a, b serving.Recommendation) bool {
	if a.Family == serving.FamilyQuantization && b.Family == serving.FamilyQuantization {
		return true
	}
	for _, x := range a.Changes {
		for _, y := range b.Changes {
			if x.Flag == y.Flag {
				return true
			}
		}
	}
	return false
}

// compatible keeps of a list what does not conflict with something before it.
func compatible(recs []serving.Recommendation) []serving.Recommendation {
	var out []serving.Recommendation
	for _, r := range recs {
		if !conflictsWithAny(r, out) {
			out = append(out, r)
		}
	}
	return out
}

func conflictsWithAny(r serving.Recommendation, chosen []serving.Recommendation) bool {
	for _, c := range chosen {
		if conflict(r, c) {
			return true
		}
	}
	return false
}
