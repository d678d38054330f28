package quality

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Smoke checks, in the order in which they are made.
const (
	SmokeAnswers  = "answers"     // a request gets an answer with text
	SmokeStreams  = "streams"     // token by token, with a finish reason and an end
	SmokeLength   = "stop-length" // an answer cut at max_tokens says so
	SmokeStop     = "stop-string" // an answer ends at a stop string and says so
	SmokeJSONMode = "json-mode"   // response_format json_object gives JSON
)

// Regression is the first check that fails although the baseline passes it, as a
// sentence. Of the baseline itself, which has no reference, only that it answers
// is asked: what the present configuration cannot do is not held against a
// candidate.
func Regression(reference, got []serving.SmokeCheck) (string, bool) {
	for _, c := range got {
		needed := len(reference) == 0 && c.Name == SmokeAnswers
		for _, r := range reference {
			needed = needed || r.Name == c.Name && r.OK
		}
		if needed && !c.OK {
			return fmt.Sprintf("smoke test %q fails: %s", c.Name, c.Detail), true
		}
	}
	return "", false
}
