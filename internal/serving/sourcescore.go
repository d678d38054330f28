package serving

// SourceScore is what came of the candidates of one source.
type SourceScore struct {
	Source   Source `json:"source"`
	Proposed int    `json:"proposed"` // candidates in the queue, or thought of by the search
	Tried    int    `json:"tried"`    // of these, those that were measured or failed to be
	Better   int    `json:"better"`   // of those tried, the ones that beat the present configuration
	Won      int    `json:"won"`      // the gain was confirmed
}

// HitRate is the share of tried candidates that were better; unknown when none was
// tried.
func (s SourceScore) HitRate() Measure {
	return Known(float64(s.Better)).Over(Known(float64(s.Tried)))
}

// AddScores sums the scores of the same source; the order is that of Sources.
func AddScores(lists ...[]SourceScore) []SourceScore {
	var out []SourceScore
	for _, source := range Sources() {
		sum, found := SourceScore{Source: source}, false
		for _, list := range lists {
			for _, s := range list {
				if s.Source == source {
					found = true
					sum.Proposed, sum.Tried = sum.Proposed+s.Proposed, sum.Tried+s.Tried
					sum.Better, sum.Won = sum.Better+s.Better, sum.Won+s.Won
				}
			}
		}
		if found {
			out = append(out, sum)
		}
	}
	return out
}
