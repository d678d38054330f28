package advice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrMalformed: the answer is no JSON, or not of the schema. Asking again may give
// another one.
var ErrMalformed = errors.New("the answer is not of the schema")

// Reply is an answer as it was given. Nothing in it is believed yet.
type Reply struct {
	Summary    string
	Hypotheses []Claim
	Proposals  []Proposal
}

// Claim is a cause that a language model suspects.
type Claim struct {
	Cause, Finding, Evidence, RefutedBy string
	Confidence                          float64
}

// Proposal is a change that a language model wants.
type Proposal struct {
	Title, Finding, Mechanism, RefutedBy string
	ExpectedLow, ExpectedHigh            float64
	Changes                              []Change
}

// Change is one flag of a proposal.
type Change struct{ Flag, Action, Value string }

// Actions of a change.
const (
	actionSet    = "set"
	actionRemove = "remove"
)

// wire is the schema with pointers, to tell what is missing.
type wire struct {
	Summary    *string `json:"summary"`
	Hypotheses *[]struct {
		Cause      *string  `json:"cause"`
		Finding    *string  `json:"finding"`
		Confidence *float64 `json:"confidence"`
		Evidence   *string  `json:"evidence"`
		RefutedBy  *string  `json:"refuted_by"`
	} `json:"hypotheses"`
	Proposals *[]struct {
		Title        *string  `json:"title"`
		Finding      *string  `json:"finding"`
		Mechanism    *string  `json:"mechanism"`
		ExpectedLow  *float64 `json:"expected_low"`
		ExpectedHigh *float64 `json:"expected_high"`
		RefutedBy    *string  `json:"refuted_by"`
		Changes      *[]struct {
			Flag   *string `json:"flag"`
			Action *string `json:"action"`
			Value  *string `json:"value"`
		} `json:"changes"`
	} `json:"proposals"`
}

// Parse reads an answer and wants exactly what the schema wants.
func Parse(answer string) (Reply, error) {
	var w wire
	decoder := json.NewDecoder(bytes.NewReader([]byte(answer)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&w); err != nil {
		return Reply{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Reply{}, fmt.Errorf("%w: something follows the JSON", ErrMalformed)
	}
	r := reader{}
	out := r.reply(w)
	if r.missing != "" {
		return Reply{}, fmt.Errorf("%w: %s is missing", ErrMalformed, r.missing)
	}
	return out, nil
}

// reader remembers the first field that was not there.
type reader struct{ missing string }

func must[T any](r *reader, field string, v *T) T {
	if v == nil {
		if r.missing == "" {
			r.missing = field
		}
		var zero T
		return zero
	}
	return *v
}

func (r *reader) reply(w wire) Reply {
	out := Reply{Summary: must(r, "summary", w.Summary)}
	for _, h := range must(r, "hypotheses", w.Hypotheses) {
		out.Hypotheses = append(out.Hypotheses, Claim{Cause: must(r, "cause", h.Cause), Finding: must(r, "finding", h.Finding),
			Evidence: must(r, "evidence", h.Evidence), RefutedBy: must(r, "refuted_by", h.RefutedBy), Confidence: must(r, "confidence", h.Confidence)})
	}
	for _, p := range must(r, "proposals", w.Proposals) {
		o := Proposal{Title: must(r, "title", p.Title), Finding: must(r, "finding", p.Finding), Mechanism: must(r, "mechanism", p.Mechanism),
			RefutedBy: must(r, "refuted_by", p.RefutedBy), ExpectedLow: must(r, "expected_low", p.ExpectedLow), ExpectedHigh: must(r, "expected_high", p.ExpectedHigh)}
		for _, c := range must(r, "changes", p.Changes) {
			o.Changes = append(o.Changes, Change{Flag: must(r, "flag", c.Flag), Action: must(r, "action", c.Action), Value: must(r, "value", c.Value)})
		}
		out.Proposals = append(out.Proposals, o)
	}
	return out
}
