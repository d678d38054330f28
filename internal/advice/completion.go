package advice

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Completion is the answer of a language model with what it took.
type Completion struct {
	Text             string
	Model            string // that answered
	PromptTokens     int
	CompletionTokens int
}

// Failure is a call without a usable answer. Text is fit for people: it holds no
// key and no more of the server's words than a line.
type Failure struct {
	Status serving.ExchangeStatus
	Text   string
	// Permanent says that asking again cannot help.
	Permanent bool
	// RetryAfter is how long the server wants to be left alone; 0 if it does not say.
	RetryAfter time.Duration
	// Got is what came of an answer, and what it took.
	Got Completion
}

// Error implements error.
func (f *Failure) Error() string { return fmt.Sprintf("language model: %s: %s", f.Status, f.Text) }

// Key identifies a question to a model by its content.
func (p Prompt) Key(model string) string {
	h := sha256.New()
	for _, part := range []string{model, p.System, p.User, string(p.Schema)} {
		h.Write([]byte(fmt.Sprintf("%d:%s", len(part), part)))
	}
	return hex.EncodeToString(h.Sum(nil))
}
