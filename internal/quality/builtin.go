package quality

import (
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// builtInTokens bounds an answer to a built-in prompt: enough for a model that
// repeats the question, little for an engine.
const builtInTokens = 32

// BuiltIn are the first n of a fixed, endless series of questions with one short
// right answer each: sums, comparisons, order, counting and copying. They are
// made, not collected, so no model can have learned their answers by heart. They
// tell whether an engine still computes what it computed, not how good a model
// is.
func BuiltIn(n int) []serving.QualityItem {
	makers := []func(k int) (prompt, pattern string){sum, product, larger, following, spelled, repeated}
	out := make([]serving.QualityItem, n)
	for i := range out {
		prompt, pattern := makers[i%len(makers)](i / len(makers))
		out[i] = serving.QualityItem{ID: fmt.Sprintf("builtin-%d", i+1), Prompt: prompt, Pattern: pattern, MaxTokens: builtInTokens}
	}
	return out
}

// number is an arbitrary but fixed number within [low, high] (Knuth's
// multiplicative hash; 2654435761 is prime and near 2^32 by the golden ratio).
func number(k, salt, low, high int) int {
	h := uint32(k*7+salt+1) * 2654435761
	return low + int(h>>8)%(high-low+1)
}

func exactly(n int) string { return fmt.Sprintf(`\b%d\b`, n) }

func sum(k int) (string, string) {
	a, b := number(k, 0, 11, 499), number(k, 1, 11, 499)
	return fmt.Sprintf("What is %d + %d? Answer with the number only.", a, b), exactly(a + b)
}

func product(k int) (string, string) {
	a, b := number(k, 2, 3, 12), number(k, 3, 13, 99)
	return fmt.Sprintf("What is %d times %d? Answer with the number only.", a, b), exactly(a * b)
}

func larger(k int) (string, string) {
	a, b := number(k, 4, 1000, 4999), number(k, 5, 5000, 9999)
	if k%2 == 0 {
		a, b = b, a
	}
	return fmt.Sprintf("Which number is larger, %d or %d? Answer with the number only.", a, b), "^[^0-9]*" + exactly(max(a, b))
}

func following(k int) (string, string) {
	start, step := number(k, 6, 2, 60), number(k, 7, 3, 17)
	return fmt.Sprintf("Continue the series %d, %d, %d, %d with the next number only.", start, start+step, start+2*step, start+3*step),
		exactly(start + 4*step)
}

var spelledWords = [...]string{"harbor", "lantern", "meadow", "copper", "violin", "granite", "pepper", "window", "saddle", "thunder", "ribbon", "walnut"}

func spelled(k int) (string, string) {
	word := spelledWords[k%len(spelledWords)]
	place := (k/len(spelledWords))%len(word) + 1
	return fmt.Sprintf("What is letter number %d of the word %q? Answer with the letter only.", place, word),
		fmt.Sprintf(`(?i)\b%c\b`, word[place-1])
}

func repeated(k int) (string, string) {
	code := fmt.Sprintf("%s-%d", strings.ToUpper(spelledWords[(k*5)%len(spelledWords)]), number(k, 8, 100, 9999))
	return fmt.Sprintf("Repeat this code exactly and say nothing else: %s", code), code
}
