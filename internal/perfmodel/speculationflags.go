package perfmodel

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// vllmSpeculation reads --speculative-config.
func vllmSpeculation(r *reader) (Speculation, error) {
	const flag = "--speculative-config"
	text, set := r.value(flag)
	if !set || text == "" || text == "null" {
		return Speculation{}, nil
	}
	var c struct {
		Method string  `json:"method"`
		Model  string  `json:"model"`
		Tokens float64 `json:"num_speculative_tokens"`
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return Speculation{}, fmt.Errorf("%s %q is not a JSON object: %w", flag, text, err)
	}
	method := c.Method
	if method == "" && c.Model != "" {
		method = "draft_model"
	}
	s, err := speculation(flag, method, c.Model, int(c.Tokens))
	if err == nil && c.Tokens != float64(s.Drafts) {
		err = fmt.Errorf("%s: num_speculative_tokens %g is not a whole number", flag, c.Tokens)
	}
	return s, err
}

// sglangSpeculation reads --speculative-algorithm and its numbers. A tree of
// drafts is modelled as a chain of the same depth.
func sglangSpeculation(r *reader) (Speculation, error) {
	algorithm, _ := r.value("--speculative-algorithm")
	if algorithm == "" {
		return Speculation{}, nil
	}
	method, fallback := strings.ToLower(algorithm), 3
	switch algorithm {
	case "NEXTN":
		method = "mtp"
	case "STANDALONE":
		method = "draft_model"
	case "NGRAM":
		fallback = 12
	}
	drafts := r.integer("--speculative-num-steps", fallback)
	if algorithm == "NGRAM" {
		drafts = r.integer("--speculative-num-draft-tokens", fallback)
	}
	draft, _ := r.value("--speculative-draft-model-path")
	return speculation("--speculative-algorithm", method, draft, drafts)
}

// tgiSpeculation: n-grams, since none of the modelled checkpoints has medusa
// heads.
func tgiSpeculation(r *reader) (Speculation, error) {
	text, set := r.value("--speculate")
	if !set || text == "0" {
		return Speculation{}, nil
	}
	return speculation("--speculate", "ngram", "", r.integer("--speculate", 0))
}

// speculation resolves a method by the name that vLLM gives it.
func speculation(flag, method, draft string, drafts int) (Speculation, error) {
	s := Speculation{Drafts: drafts, Acceptance: acceptance(method)}
	if drafts < 1 || drafts > MaxDrafts {
		return Speculation{}, fmt.Errorf("%s: %d guessed tokens are outside 1..%d", flag, drafts, MaxDrafts)
	}
	switch method {
	case "ngram", "ngram_gpu", "suffix":
		s.Method, s.Acceptance = DraftNgram, acceptance(DraftNgram)
	case "eagle", "eagle3":
		s.Method = DraftEagle
	case "mtp", "deepseek_mtp":
		s.Method = DraftMTP
	case "draft_model":
		s.Method = DraftModel
		var err error
		if s.Parameters, err = parametersOf(draft); err != nil {
			return Speculation{}, fmt.Errorf("%s: %w", flag, err)
		}
	default:
		return Speculation{}, fmt.Errorf("%s: method %q is not modelled", flag, method)
	}
	return s, nil
}

// parametersOf is the size of a draft model: from the table of models, else from
// its name ("Llama-3.2-1B", "opt-125m").
func parametersOf(model string) (float64, error) {
	if a, err := LookupArchitecture(model); err == nil {
		return float64(a.Layers)*(a.attentionParameters()+a.mlpParameters()) + a.embeddingParameters(), nil
	}
	for _, part := range strings.FieldsFunc(strings.ToLower(model), func(c rune) bool { return c == '-' || c == '_' || c == '/' }) {
		if len(part) < 2 {
			continue
		}
		scale := map[byte]float64{'b': 1e9, 'm': 1e6}[part[len(part)-1]]
		if n, err := strconv.ParseFloat(part[:len(part)-1], 64); err == nil && scale > 0 && n > 0 {
			return n * scale, nil
		}
	}
	return 0, fmt.Errorf("the size of draft model %q is not known and not in its name", model)
}
