package metrics

import "github.com/optiinfra/performance-agent/internal/llmsim/sched"

// output is what one request got from one step: a token, and with speculation
// the guesses after it that were right.
type output struct {
	first  bool // of the request
	gap    float64
	tokens int
}

// outputs puts the tokens of a step together by request. Those of one request
// follow each other.
func outputs(emissions []sched.Emission) []output {
	out := make([]output, 0, len(emissions))
	for _, e := range emissions {
		if e.Accepted {
			out[len(out)-1].tokens++
			continue
		}
		out = append(out, output{first: e.Index == 0, gap: e.GapSeconds, tokens: 1})
	}
	return out
}
