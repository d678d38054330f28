package vllm

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Read translates a metrics page. Series of several engines (data parallelism)
// are added; usage, a ratio, is their mean. What the page lacks is named in
// Missing: absence never reads as zero.
func (e Engine) Read(page engine.Families) serving.Reading {
	r := e.metrics.Read(page)
	cacheConfig(r)
	r.Fields().FinishedByReason = r.ByLabel("finished_by_reason", []string{nameSuccess}, "finished_reason", "exposed from V0 0.4.2 and V1 0.7.2")
	hitRateOfV0(r)
	r.Model("model_name")
	return r.Reading()
}

// Recognises says whether a family of this name is vLLM's.
func (e Engine) Recognises(family string) bool { return e.metrics.Owns(family) }

// hitRateOfV0 reads the gauge that the V0 engine has in place of counts: -1 while
// prefix caching is off, otherwise the share of its look-ups since the start that
// hit. It looks up every prompt, so the prompt tokens stand for the tokens looked
// up and their share for the hits.
func hitRateOfV0(r *mapping.Reader) {
	f, found := r.Lookup(nameHitRate)
	if !found || len(f.Series) == 0 || r.Fields().PrefixQueryTokens.IsKnown() {
		return
	}
	rate, known := mapping.Value(f.Series[0]).Get()
	prompts, counted := r.Fields().PromptTokens.Get()
	switch {
	case known && rate < 0:
		r.Explain("prefix_query_tokens", "prefix caching is off")
		r.Explain("prefix_hit_tokens", "prefix caching is off")
	case known && counted && len(f.Series) == 1:
		r.Fields().PrefixQueryTokens = serving.Known(prompts)
		r.Fields().PrefixHitTokens = serving.Known(rate * prompts)
		r.Found("prefix_query_tokens", "all prompt tokens, since the V0 engine looks up every prompt")
		r.Found("prefix_hit_tokens", "prompt tokens times the V0 engine's hit rate since its start, which it counts in blocks")
	}
}
