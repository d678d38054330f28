package quality

import (
	"regexp"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// leastKnown is the share of prompts that the baseline must answer right for
	// right and wrong to tell anything: a model that knows nothing can lose
	// nothing.
	leastKnown = 0.2
	// agreeing is the share of places with the same token at which two answers
	// count as the same. A reworded answer is not the same; a slipped token in
	// twenty is.
	agreeing = 0.9
)

// CriterionOf is what makes an answer good, decided on the baseline's answers
// alone.
func CriterionOf(items []serving.QualityItem, baseline []serving.Answer) serving.QualityCriterion {
	right := 0
	for i, item := range items {
		if i < len(baseline) && correct(item, baseline[i]) {
			right++
		}
	}
	if len(items) > 0 && float64(right) >= leastKnown*float64(len(items)) {
		return serving.QualityCorrect
	}
	return serving.QualityAgrees
}

// correct reports a right answer; a prompt that does not say what is right has
// none.
func correct(item serving.QualityItem, a serving.Answer) bool {
	switch {
	case item.Pattern != "":
		pattern, err := regexp.Compile(item.Pattern)
		return err == nil && pattern.MatchString(a.Text)
	case item.Expected != "":
		return plain(a.Text) == plain(item.Expected)
	}
	return false
}

// plain drops what does not change an answer: case, and white space and
// punctuation around it.
func plain(s string) string { return strings.ToLower(strings.Trim(s, " \t\r\n.,;:!?\"'`*")) }

// agreement is the share of places, of the longer answer, at which both have the
// same token; two empty answers agree in nothing.
func agreement(a, b serving.Answer) float64 {
	same, longest := 0, max(len(a.Tokens), len(b.Tokens))
	for i := range min(len(a.Tokens), len(b.Tokens)) {
		if a.Tokens[i] == b.Tokens[i] {
			same++
		}
	}
	if longest == 0 {
		return 0
	}
	return float64(same) / float64(longest)
}

// shift sums candidate less baseline over the log probabilities of the tokens
// before the first difference, and counts them.
func shift(baseline, candidate serving.Answer) (sum float64, n int) {
	for i := range min(len(baseline.LogProbs), len(candidate.LogProbs), len(baseline.Tokens), len(candidate.Tokens)) {
		if baseline.Tokens[i] != candidate.Tokens[i] {
			break
		}
		sum += candidate.LogProbs[i] - baseline.LogProbs[i]
		n++
	}
	return sum, n
}
