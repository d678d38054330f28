package engine

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ReservedShare says how the KV usage follows from what running requests have
// set aside, for Derived.
const ReservedShare = "at most: tokens that running requests have set aside, for their whole answers, over the capacity"

// InfoReader reads what an engine says about itself besides its metrics page:
// vLLM's /version, TGI's /info, SGLang's /server_info.
type InfoReader interface {
	// InfoPaths are the routes to GET, in order. One that the version does not
	// have answers 404 and is skipped.
	InfoPaths() []string
	// ReadInfo translates the answer of one of them.
	ReadInfo(path string, body []byte) (Info, error)
}

// Info is what an engine says about itself. What it does not say is empty or
// unknown.
type Info struct {
	Model            string            `json:"model,omitempty"`
	Version          string            `json:"version,omitempty"`
	KVCapacityTokens serving.Measure   `json:"kv_capacity_tokens"`
	Revealed         map[string]string `json:"revealed,omitempty"` // settings, by the engine's own key
}

// Complete fills the gaps of a reading: what the metrics page said counts more
// than what another route says, and an earlier route more than a later one.
func (i Info) Complete(r serving.Reading) serving.Reading {
	if r.Model == "" {
		r.Model = i.Model
	}
	if r.Version == "" {
		r.Version = i.Version
	}
	if !r.KVCapacityTokens.IsKnown() {
		r.KVCapacityTokens = i.KVCapacityTokens
	}
	if usage := r.KVReservedTokens.Over(r.KVCapacityTokens); !r.KVUsage.IsKnown() && usage.IsKnown() {
		r.KVUsage = usage
		r.Derived = append(slices.Clone(r.Derived), serving.Derived{Quantity: "kv_usage", How: ReservedShare})
	}
	merged := map[string]string{}
	for k, v := range i.Revealed {
		merged[k] = v
	}
	for k, v := range r.Revealed {
		merged[k] = v
	}
	if len(merged) > 0 {
		r.Revealed = merged
	}
	r.Missing = stillMissing(r)
	return r
}

// stillMissing drops the complaints about quantities that are known by now.
func stillMissing(r serving.Reading) []serving.Missing {
	var out []serving.Missing
	for _, m := range r.Missing {
		switch {
		case m.Quantity == "model" && r.Model != "",
			m.Quantity == "version" && r.Version != "",
			m.Quantity == "kv_usage" && r.KVUsage.IsKnown(),
			m.Quantity == "kv_capacity_tokens" && r.KVCapacityTokens.IsKnown():
		default:
			out = append(out, m)
		}
	}
	return out
}
