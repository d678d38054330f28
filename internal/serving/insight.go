package serving

import "time"

// InsightStatus says whether a language model answered.
type InsightStatus string

// The states of an insight. Only the first has anything of a language model in it;
// with the others rules and model speak alone.
const (
	InsightAnswered    InsightStatus = "answered"
	InsightOff         InsightStatus = "off"         // no language model is configured, or none was wanted
	InsightUnavailable InsightStatus = "unavailable" // it gave no usable answer in time
)

// Insight is what a language model makes of a fleet, after everything that the
// engine's catalogue or the fleet's policy does not allow was taken out. ID is the
// run's, or one of its own when a person asked.
type Insight struct {
	ID        string        `json:"id"`
	Fleet     string        `json:"fleet"`
	RunID     string        `json:"run_id,omitempty"`
	CreatedAt time.Time     `json:"created_at"`
	Status    InsightStatus `json:"status"`
	// Reason is why there is no answer.
	Reason string `json:"reason,omitempty"`
	Model  string `json:"model,omitempty"` // that answered
	// Summary is for people: the language model's, or else what the rules found.
	Summary    string       `json:"summary"`
	Hypotheses []Hypothesis `json:"hypotheses,omitempty"` // most likely first
	// Recommendations are the language model's, best first; none of them was
	// measured yet.
	Recommendations []Recommendation `json:"recommendations,omitempty"`
	Refused         Refusals         `json:"refused,omitzero"`
	Usage           AdvisorUsage     `json:"usage,omitzero"`
	RequestedBy     string           `json:"requested_by,omitempty"`
}

// Hypothesis is a possible cause, with what would show that it is none.
type Hypothesis struct {
	Cause      string         `json:"cause"`
	Finding    BottleneckKind `json:"finding,omitempty"` // that it explains
	Confidence float64        `json:"confidence"`        // 0..1, the language model's own
	Evidence   string         `json:"evidence"`
	RefutedBy  string         `json:"refuted_by"`
}

// Refusals count what was taken out of an answer.
type Refusals struct {
	UnknownFlags   int `json:"unknown_flags,omitempty"`   // changes that the catalogue does not know
	CapabilityCuts int `json:"capability_cuts,omitempty"` // proposals by which users would lose something
	Risks          int `json:"risks,omitempty"`           // proposals that the fleet's policy forbids
	Invalid        int `json:"invalid,omitempty"`         // proposals that the engine would refuse
	Pointless      int `json:"pointless,omitempty"`       // proposals that change nothing, or repeat another
	// Reasons tell the first of them.
	Reasons []string `json:"reasons,omitempty"`
}

// Total is how many changes and proposals were taken out.
func (r Refusals) Total() int {
	return r.UnknownFlags + r.CapabilityCuts + r.Risks + r.Invalid + r.Pointless
}

// AdvisorUsage is what an insight took. Tokens are those of all attempts.
type AdvisorUsage struct {
	Attempts         int     `json:"attempts,omitempty"`
	PromptTokens     int     `json:"prompt_tokens,omitempty"`
	CompletionTokens int     `json:"completion_tokens,omitempty"`
	Seconds          float64 `json:"seconds,omitempty"` // from the question to the end of the last attempt
	Cached           bool    `json:"cached,omitempty"`  // the same question was answered before
}

// ExchangeStatus is how one call to a language model ended.
type ExchangeStatus string

// The ends of a call.
const (
	ExchangeAnswered  ExchangeStatus = "answered"
	ExchangeMalformed ExchangeStatus = "malformed" // no JSON, or not of the schema
	ExchangeRefused   ExchangeStatus = "refused"   // by the language model
	ExchangeLimited   ExchangeStatus = "limited"   // 429
	ExchangeFailed    ExchangeStatus = "failed"    // errors of server and network
)

// ExchangeStatuses lists them.
func ExchangeStatuses() []ExchangeStatus {
	return []ExchangeStatus{ExchangeAnswered, ExchangeMalformed, ExchangeRefused, ExchangeLimited, ExchangeFailed}
}

// AdvisorExchange is one call to a language model, kept for audit. Prompt and
// answer are redacted; Key is that of the question's content, by which an answer is
// found again.
type AdvisorExchange struct {
	ID               string         `json:"id"`
	Key              string         `json:"key"`
	Fleet            string         `json:"fleet"`
	Subject          string         `json:"subject"` // the insight it was for
	At               time.Time      `json:"at"`
	Status           ExchangeStatus `json:"status"`
	Error            string         `json:"error,omitempty"`
	Model            string         `json:"model"`
	System           string         `json:"system"`
	Prompt           string         `json:"prompt"`
	Answer           string         `json:"answer,omitempty"`
	PromptTokens     int            `json:"prompt_tokens"`
	CompletionTokens int            `json:"completion_tokens"`
	Seconds          float64        `json:"seconds"`
}
