package perfmodel

// Speculation is speculative decoding: each step verifies Drafts guessed tokens
// of every decoding sequence beside the one that is certain. The zero value is
// off. See speculationcost.go for what it costs.
type Speculation struct {
	Method string // one of the Draft constants
	Drafts int    // tokens guessed in a step, at most MaxDrafts
	// Acceptance is the chance that a guess is right when all before it were.
	Acceptance float64
	// Draft is the checkpoint of a draft model.
	Draft string
}

// MaxDrafts is the largest number of guesses in a step that is modelled.
const MaxDrafts = 16

// On says whether anything is guessed.
func (s Speculation) On() bool { return s.Drafts > 0 }

// Cumulative is the chance that the guess at a position, from 0, is accepted.
func (s Speculation) Cumulative(position int) float64 {
	chance := s.Acceptance
	for range position {
		chance *= s.Acceptance
	}
	return chance
}

// TokensPerStep is the mean number of tokens that a sequence gains in a step.
func (s Speculation) TokensPerStep() float64 {
	tokens := 1.0
	for i := range s.Drafts {
		tokens += s.Cumulative(i)
	}
	return tokens
}
