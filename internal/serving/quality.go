package serving

import "time"

// QualityPolicy is how much worse a candidate's answers may be than those of the
// present configuration, and on which prompts that is asked. The zero value is
// the built-in prompts under the default margin.
type QualityPolicy struct {
	// Margin is the greatest loss that is tolerated, as a share 0..1 of the
	// prompts that the baseline answers well and the candidate does not, less the
	// reverse. 0 means 0.02.
	Margin float64 `json:"margin,omitempty"`
	// Samples is how many prompts are asked; 0 means as many as the plan needs.
	Samples int `json:"samples,omitempty"`
	// GoldenSet is the ID of a stored set of prompts, "" for the built-in one.
	GoldenSet string `json:"golden_set,omitempty"`
}

// QualityItem is one prompt and what a good answer to it is: one that equals
// Expected but for case and punctuation around it, or that matches the regular
// expression Pattern. Without both, a good answer is the baseline's.
type QualityItem struct {
	ID        string `json:"id"`
	Prompt    string `json:"prompt"`
	Expected  string `json:"expected,omitempty"`
	Pattern   string `json:"pattern,omitempty"`
	MaxTokens int    `json:"max_tokens,omitempty"` // of the answer; 0 means 32
}

// Answer is what an engine said, token by token where it tells: Tokens has the
// words of the answer and LogProbs nothing when it does not.
type Answer struct {
	Item     string    `json:"item"`
	Text     string    `json:"text"`
	Tokens   []string  `json:"tokens"`
	LogProbs []float64 `json:"logprobs,omitempty"` // natural logarithms, one for each token
	Finish   string    `json:"finish"`             // "stop" or "length"
}

// AnswerRecord keeps what one engine answered, so that histories stay small. Key
// is "run ID/trial number" or "validation ID/side". Again is what the same engine
// answered when asked once more; it is only there when the answers themselves
// are the reference.
type AnswerRecord struct {
	Key     string        `json:"key"`
	Fleet   string        `json:"fleet"`
	At      time.Time     `json:"at"`
	Items   []QualityItem `json:"items"`
	Answers []Answer      `json:"answers"`
	Again   []Answer      `json:"again,omitempty"`
}

// QualityCriterion is what makes an answer a good one.
type QualityCriterion string

// The criteria. The first is used where the prompts say what is right and the
// baseline knows it; otherwise all that can be asked is whether the candidate
// says what the baseline says, as often as the baseline does so itself.
const (
	QualityCorrect QualityCriterion = "correct"
	QualityAgrees  QualityCriterion = "agrees"
)

// Quality is the verdict on a candidate's answers with all that it rests on.
// Anything but VerdictPass blocks a candidate.
type Quality struct {
	Verdict   Verdict          `json:"verdict"`
	Reason    string           `json:"reason"` // one sentence with the numbers
	Criterion QualityCriterion `json:"criterion,omitempty"`
	Plan      QualityPlan      `json:"plan"`
	Prompts   int              `json:"prompts"` // asked of both
	// BaselineGood and CandidateGood count good answers; Lost are good on the
	// baseline only and Gained on the candidate only.
	BaselineGood  int     `json:"baseline_good"`
	CandidateGood int     `json:"candidate_good"`
	Lost          int     `json:"lost"`
	Gained        int     `json:"gained"`
	Loss          float64 `json:"loss"`       // (Lost-Gained)/Prompts
	LossUpper     float64 `json:"loss_upper"` // one-sided upper bound at 1-Alpha (Tango 1998)
	// McNemarP is the exact one-sided probability of at least that many losses if
	// neither side were better; NonInferiorityP that of so few if the loss were
	// as great as the margin.
	McNemarP        float64 `json:"mcnemar_p"`
	NonInferiorityP float64 `json:"non_inferiority_p"`
	ExactMatch      float64 `json:"exact_match"`     // share of answers that are the baseline's to the letter
	TokenAgreement  float64 `json:"token_agreement"` // share of places with the same token
	// LogProbShift is the mean of candidate less baseline over the tokens before
	// the first difference, in nats; unknown when an engine tells none.
	LogProbShift Measure `json:"logprob_shift"`
	// Differs are the IDs of the first prompts that were lost.
	Differs []string `json:"differs,omitempty"`
}

// QualityPlan is the planned sample and where it comes from.
type QualityPlan struct {
	Prompts     int     `json:"prompts"`
	Margin      float64 `json:"margin"`
	Alpha       float64 `json:"alpha"` // one-sided
	Power       float64 `json:"power"`
	Discordance float64 `json:"discordance"` // expected share of prompts on which the two differ
	Formula     string  `json:"formula"`
}

// SmokeCheck is one thing that an engine must be able to do, whatever its speed.
type SmokeCheck struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// GoldenSet is a stored set of prompts; ID is a hash of its content, so it never
// changes.
type GoldenSet struct {
	ID    string        `json:"id"`
	Items []QualityItem `json:"items"`
}

// ValidationRecord is a comparison of two running servers' answers on its own; ID
// is the RunID of its workflow.
type ValidationRecord struct {
	ID         string        `json:"id"`
	WorkflowID string        `json:"workflow_id"`
	Fleet      string        `json:"fleet"`
	Reference  string        `json:"reference,omitempty"` // base URL; "" is a stable replica
	Candidate  string        `json:"candidate"`           // base URL
	Policy     QualityPolicy `json:"policy"`
	Phase      string        `json:"phase"` // "running", "completed", "failed", "canceled"
	Reason     string        `json:"reason,omitempty"`
	Smoke      []SmokeCheck  `json:"smoke,omitempty"` // of the candidate
	Quality    *Quality      `json:"quality,omitempty"`
	StartedAt  time.Time     `json:"started_at"`
	ClosedAt   *time.Time    `json:"closed_at,omitempty"`
}
