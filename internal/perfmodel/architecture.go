package perfmodel

import (
	"fmt"
	"strings"
)

// Architecture is the shape of a decoder-only transformer, as in the model's
// published configuration.
type Architecture struct {
	Name string
	// Match are lower-case parts of checkpoint names, all of which must occur.
	Match []string
	// Source is where the shape was read.
	Source string

	Layers, Hidden, Intermediate int
	QueryHeads, KVHeads, HeadDim int
	Vocab                        int
	MaxModelLen                  int // context that the checkpoint declares, tokens

	// Experts is 0 for dense models; Active experts of ExpertIntermediate width
	// serve each token. Intermediate is then the shared expert's width (0: none).
	Experts, Active, ExpertIntermediate int
	// RoutingSpread is the part of a step's tokens that choose experts as if at
	// random, while the rest choose what others chose; 0 means all.
	RoutingSpread float64
	// WindowLayers attend to the last Window tokens only.
	WindowLayers, Window int
	// Sampled: the checkpoint's generation_config.json sets top_p or top_k, which
	// the engine applies unless a request says otherwise.
	Sampled bool
	// Native is the weight format of the original checkpoint.
	Native string
	// Padding is the factor by which loaded weights exceed the formula.
	Padding float64
}

// LookupArchitecture finds the architecture of a model by the name users write
// ("meta-llama/Llama-3.1-8B-Instruct", "RedHatAI/Qwen3-8B-FP8-dynamic").
func LookupArchitecture(model string) (Architecture, error) {
	name := strings.ToLower(model)
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	name = strings.NewReplacer("_", "-", " ", "-").Replace(name)
	known := make([]string, 0, len(architectureTable))
	for _, a := range architectureTable {
		known = append(known, a.Name)
		if a.matches(name) {
			return a, nil
		}
	}
	return Architecture{}, fmt.Errorf("model %q is not modelled, known are %s", model, strings.Join(known, ", "))
}

func (a Architecture) matches(name string) bool {
	for _, part := range a.Match {
		if !strings.Contains(name, part) {
			return false
		}
	}
	return true
}

// attentionParameters are the weights of q, k, v and o of one layer.
func (a Architecture) attentionParameters() float64 {
	q, kv, d, h := float64(a.QueryHeads), float64(a.KVHeads), float64(a.HeadDim), float64(a.Hidden)
	return h*(q+2*kv)*d + q*d*h
}

// mlpParameters are the weights of the dense (or shared) and expert parts of one
// layer: gate, up and down.
func (a Architecture) mlpParameters() float64 {
	dense := 3 * float64(a.Hidden) * float64(a.Intermediate)
	return dense + 3*float64(a.Hidden)*float64(a.ExpertIntermediate)*float64(a.Experts)
}

// activeParameters are those of them that one token uses.
func (a Architecture) activeParameters() float64 {
	return 3 * float64(a.Hidden) * float64(a.Intermediate+a.Active*a.ExpertIntermediate)
}

// embeddingParameters are the input embedding and the output head, which every
// weight format keeps in 16 bits.
func (a Architecture) embeddingParameters() float64 {
	return 2 * float64(a.Vocab) * float64(a.Hidden)
}
