package api

import (
	"encoding/json"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/llmsim/text"
)

// tgiBody is the part of a request to TGI's own routes that changes what the
// engine does.
type tgiBody struct {
	Inputs     string        `json:"inputs"`
	Parameters tgiParameters `json:"parameters"`
	Stream     bool          `json:"stream"` // of the compatible route only
}

type tgiParameters struct {
	MaxNewTokens        *int     `json:"max_new_tokens"`
	BestOf              *int     `json:"best_of"`
	DoSample            bool     `json:"do_sample"`
	Temperature         *float64 `json:"temperature"`
	TopP                *float64 `json:"top_p"`
	TopK                *int     `json:"top_k"`
	TypicalP            *float64 `json:"typical_p"`
	Stop                []string `json:"stop"`
	Seed                *uint64  `json:"seed"`
	Truncate            *int     `json:"truncate"`
	ReturnFullText      bool     `json:"return_full_text"`
	Details             bool     `json:"details"`
	DecoderInputDetails bool     `json:"decoder_input_details"`
	TopNTokens          int      `json:"top_n_tokens"`
}

func (t *tgi) generate(data []byte) (request, *problem)       { return t.understand(data, false) }
func (t *tgi) generateStream(data []byte) (request, *problem) { return t.understand(data, true) }

// generateCompat serves the root, where the body says whether to stream and the
// whole answer is a list of one.
func (t *tgi) generateCompat(data []byte) (request, *problem) {
	var b tgiBody
	_ = json.Unmarshal(data, &b) // a mistake is reported by understand
	x, p := t.understand(data, b.Stream)
	if whole := x.whole; whole != nil {
		x.whole = func(r *run) any { return []any{whole(r)} }
	}
	return x, p
}

func (t *tgi) understand(data []byte, stream bool) (request, *problem) {
	b := tgiBody{}
	if err := json.Unmarshal(data, &b); err != nil {
		return request{}, &problem{kind: unreadable, message: "Failed to deserialize the JSON body into the target type: " + err.Error()}
	}
	x := request{stream: stream}
	p := b.Parameters.check(t.config.TGI, stream)
	if p == nil {
		p = t.stops(b.Parameters.Stop)
	}
	if p != nil {
		return x, p
	}
	prompt := b.Parameters.truncate(text.Tokenize(b.Inputs))
	most, p := t.most(len(prompt), b.Parameters.MaxNewTokens)
	if p != nil {
		return x, p
	}
	x.want = want{prompt: prompt, most: most, choices: b.Parameters.bestOf(), continues: true, stops: b.Parameters.Stop, keepStop: true, seed: b.Parameters.Seed}
	if b.Parameters.DecoderInputDetails {
		b.Parameters.Details = true
	}
	answer := tgiReply{body: b}
	x.whole, x.frames = answer.whole, answer.frames
	return x, nil
}

func (p tgiParameters) bestOf() int {
	if p.BestOf == nil {
		return 1
	}
	return *p.BestOf
}

// check is TGI's validation of what does not depend on the length of the input,
// in its order.
func (p tgiParameters) check(l TGILimits, stream bool) *problem {
	outside := func(v *float64) bool { return v != nil && (*v <= 0 || *v >= 1) }
	sampling := p.DoSample || p.Temperature != nil || p.TopK != nil || p.TopP != nil || p.TypicalP != nil
	best := p.bestOf()
	switch {
	case stream && best != 1:
		return validation("`best_of` != 1 is not supported when streaming tokens")
	case stream && p.DecoderInputDetails:
		return validation("`decoder_input_details` == true is not supported when streaming tokens")
	case best < 1 || best > l.MaxBestOf:
		return validation("`best_of` must be > 0 and <= %d. Given: %d", l.MaxBestOf, best)
	case best > 1 && !sampling:
		return validation("you must use sampling when `best_of` is > 1")
	case p.Temperature != nil && *p.Temperature <= 0:
		return validation("`temperature` must be strictly positive")
	case outside(p.TopP):
		return validation("`top_p` must be > 0.0 and < 1.0")
	case outside(p.TypicalP):
		return validation("`typical_p` must be > 0.0 and < 1.0")
	case p.TopK != nil && *p.TopK <= 0:
		return validation("`top_k` must be strictly positive")
	case p.Seed != nil && best > 1:
		return validation("`seed` must not be set when `best_of` > 1")
	case p.TopNTokens < 0 || p.TopNTokens > mostTopTokens:
		return validation("`top_n_tokens` must be >= 0 and <= %d. Given: %d", mostTopTokens, p.TopNTokens)
	case p.Truncate != nil && (*p.Truncate < 1 || *p.Truncate > l.MaxInputTokens):
		return validation("`truncate` must be strictly positive and less than %d. Given: %d", l.MaxInputTokens, *p.Truncate)
	}
	return nil
}

// mostTopTokens is the default of --max-top-n-tokens.
const mostTopTokens = 5

// truncate keeps the end of a prompt.
func (p tgiParameters) truncate(prompt []sched.Token) []sched.Token {
	if p.Truncate == nil || len(prompt) <= *p.Truncate {
		return prompt
	}
	return prompt[len(prompt)-*p.Truncate:]
}
