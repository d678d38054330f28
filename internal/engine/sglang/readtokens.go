package sglang

import (
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// The tokenizer's counters of tokens move only when a request ends; the
// scheduler's (0.5.7 and later) move with each batch, so a window shows the
// work that was done in it. A version that has the scheduler's has them before
// the tokenizer's, so a server does not change from one to the other while it
// runs.

func promptField(r *serving.Reading) *serving.Measure { return &r.PromptTokens }
func queryField(r *serving.Reading) *serving.Measure  { return &r.PrefixQueryTokens }
func hitField(r *serving.Reading) *serving.Measure    { return &r.PrefixHitTokens }

func modeIs(modes ...string) func(map[string]string) bool {
	return func(labels map[string]string) bool {
		for _, m := range modes {
			if labels["mode"] == m {
				return true
			}
		}
		return false
	}
}

func cacheHit(labels map[string]string) bool { return strings.HasSuffix(labels["mode"], "_hit") }

// promptTokens are those computed and those found in the cache.
func promptTokens(r *mapping.Reader) {
	r.Missing("prompt_tokens", "no %s: %s", namePrompt, nothingYet)
	for _, q := range []mapping.Quantity{
		{Families: []string{nameEffective}},
		{Families: []string{nameRealtime}, Where: modeIs("prefill_compute", "prefill_cache"),
			Derived: "realtime_tokens_total of prefill; the prompt of a retracted request counts again"},
		{Families: []string{namePrompt}, Derived: endOfRequest},
	} {
		q.Name, q.Field, q.Type = "prompt_tokens", promptField, engine.TypeCounter
		r.Quantity(q)
	}
}

const endOfRequest = "counted when a request ends"

// generationTokens: the scheduler counts those of decode steps, and the first of
// each answer comes from its prefill, where it is an observation of TTFT.
func generationTokens(r *mapping.Reader) {
	quantity := mapping.Quantity{Name: "generation_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.GenerationTokens },
		Type: engine.TypeCounter, Families: []string{nameGenerated}, Why: nothingYet, Derived: endOfRequest}
	first := r.Fields().TTFT
	if _, found := r.Lookup(nameRealtime); !found || first == nil {
		r.Quantity(quantity)
		return
	}
	quantity.Families, quantity.Where, quantity.NoneIsZero = []string{nameRealtime}, modeIs("decode"), true
	quantity.Derived = "realtime_tokens_total of decode + the first tokens that time_to_first_token_seconds counts"
	r.Quantity(quantity)
	if decoded, known := r.Fields().GenerationTokens.Get(); known {
		r.Fields().GenerationTokens = serving.Known(decoded + first.Count)
	}
}

// prefixCache takes both counts from one source: what is looked up and what is
// found must be of the same requests. The gauge cache_hit_rate is never used.
func prefixCache(r *mapping.Reader) {
	const why = "no count of cached tokens: they exist from 0.4.3.post4, and cache_hit_rate is only of the last batch"
	r.Missing("prefix_query_tokens", why)
	r.Missing("prefix_hit_tokens", why)
	for _, source := range []struct{ query, hits mapping.Quantity }{
		{mapping.Quantity{Families: []string{nameEffective}}, mapping.Quantity{Families: []string{nameEffective}, Where: cacheHit, NoneIsZero: true}},
		{mapping.Quantity{Families: []string{nameRealtime}, Where: modeIs("prefill_compute", "prefill_cache")},
			mapping.Quantity{Families: []string{nameRealtime}, Where: modeIs("prefill_cache"), NoneIsZero: true}},
		{mapping.Quantity{Families: []string{namePrompt}, Derived: "prompt_tokens_total, " + endOfRequest}, mapping.Quantity{Families: []string{nameCached}}},
	} {
		_, looked := r.Lookup(source.query.Families[0])
		_, found := r.Lookup(source.hits.Families[0])
		if !looked || !found {
			continue // what was found is not known: before 0.4.3.post4 nothing says it
		}
		source.query.Name, source.query.Field, source.query.Type = "prefix_query_tokens", queryField, engine.TypeCounter
		source.hits.Name, source.hits.Field, source.hits.Type = "prefix_hit_tokens", hitField, engine.TypeCounter
		r.Quantity(source.query)
		if r.Fields().PrefixQueryTokens.IsKnown() {
			r.Quantity(source.hits)
			return
		}
	}
}
