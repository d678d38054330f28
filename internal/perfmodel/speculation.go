package perfmodel

import "math"

// Speculation is speculative decoding: each step verifies Drafts guessed tokens
// of every decoding sequence beside the one that is certain. The zero value is
// off.
type Speculation struct {
	Method string // one of the Draft constants
	Drafts int    // tokens guessed in a step, at most MaxDrafts
	// Acceptance is the chance that a guess is right when all before it were.
	Acceptance float64
	// Parameters of a draft model; 0 for other methods.
	Parameters float64
}

// MaxDrafts is the largest number of guesses in a step that is modelled.
const MaxDrafts = 16

// Methods of guessing.
const (
	DraftNgram = "ngram" // looks the last tokens up in the prompt
	DraftModel = "model" // a small model of the same family
	DraftEagle = "eagle" // one layer on the model's own states
	DraftMTP   = "mtp"   // prediction heads that the checkpoint brings
)

// acceptance is the chance of a right guess by method, on mixed chat traffic.
// EAGLE-3 publishes .76, .56 and .43 for three positions, which is 0.75 each;
// EAGLE is 10 points below, and a draft model of a tenth of the size reaches
// what gives its published 1.5x. An n-gram is right where answers repeat the
// prompt: 0.3 on chat, and up to 0.8 on summaries, which are not assumed.
func acceptance(method string) float64 {
	switch method {
	case "eagle3":
		return 0.75
	case DraftMTP:
		return 0.80
	case DraftNgram:
		return 0.30
	}
	return 0.65
}

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

// drafter is the time that guessing and the bookkeeping of accepting add to a
// step.
type drafter struct {
	passes   float64 // forward passes of the draft in a step
	layers   float64 // of the target's size in one pass
	stream   float64 // seconds to stream a draft model's weights
	compute  float64 // seconds of one row in a draft model
	fixed    float64 // seconds of a pass
	hostBase float64
	hostRow  float64 // seconds of one verified token
}

// Host time of speculation (perfmodel.md 4.1): V1 1 ms and 20 us for each token
// verified, V0 2 ms and 0.8 ms for each sequence. The drafter's own fixed time is
// that of the small kernels between its passes.
const (
	specHostBase     = 1e-3
	specHostRow      = 20e-6
	specHostBaseV0   = 2e-3
	specHostRowV0    = 0.8e-3
	draftFixed       = 0.1e-3
	draftModelFixed  = 0.6e-3 // kernels of a model of some 16 layers in a graph
	overlapSpecShare = 0.5    // of the host time that SGLang's overlap leaves exposed
)

func newDrafter(g GPU, s Settings) drafter {
	spec := s.Speculation
	if !spec.On() {
		return drafter{}
	}
	d := drafter{passes: float64(spec.Drafts), hostBase: specHostBase, hostRow: specHostRow}
	switch {
	case s.PrefillFirst && s.Policy == PolicyVLLMV0:
		d.hostBase, d.hostRow = specHostBaseV0, specHostRowV0/float64(1+spec.Drafts)
	case s.Policy == PolicySGLang && s.AsyncScheduling:
		d.hostBase, d.hostRow = overlapSpecShare*specHostBase, overlapSpecShare*specHostRow
	}
	switch spec.Method {
	case DraftNgram:
		d.passes = 0
	case DraftModel:
		d.stream = 2 * spec.Parameters / (g.StreamBF16 * g.BytesPerSecond)
		d.compute = 2 * spec.Parameters / (g.ComputeBF16 * g.FlopsBF16)
		d.fixed = draftModelFixed
	default:
		d.layers, d.fixed = 1, draftFixed
	}
	return d
}

// seconds is what a step with drafts guessed for some sequences takes longer,
// beside verifying them.
func (d *drafter) seconds(target *stepCost, l load) float64 {
	if l.drafts <= 0 {
		return 0
	}
	host := d.hostBase + d.hostRow*(l.decodes+l.drafts)
	if d.passes == 0 {
		return host
	}
	pass := d.fixed + math.Max(d.stream, d.compute*l.decodes)
	if d.layers > 0 {
		pass += d.layers*target.layerSeconds(l.decodes) + target.head.seconds(l.decodes)
	}
	return host + d.passes*pass
}

// draftBytes is what the guessing model holds on one GPU: a draft model whole, or
// a layer and a head of the target's size.
func draftBytes(a Architecture, s Settings) float64 {
	switch s.Speculation.Method {
	case DraftModel:
		return 2 * s.Speculation.Parameters
	case DraftEagle, DraftMTP:
		layer := a.attentionParameters() + a.mlpParameters()
		return (2*layer + a.embeddingParameters()) / float64(s.TensorParallel)
	}
	return 0
}
