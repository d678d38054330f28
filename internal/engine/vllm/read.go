package vllm

import (
	"strconv"

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
	prefixCachingOff(r)
	r.Model("model_name")
	return r.Reading()
}

// Recognises says whether a family of this name is vLLM's.
func (e Engine) Recognises(family string) bool { return e.metrics.Owns(family) }

// prefixCachingOff tells the two reasons for missing prefix counts of the V0
// engine apart: its hit-rate gauge is -1 while prefix caching is off, and
// otherwise a ratio without the counts behind it.
func prefixCachingOff(r *mapping.Reader) {
	f, found := r.Lookup(nameHitRate)
	if !found || len(f.Series) == 0 {
		return
	}
	reason := "the V0 engine shows only a hit rate, " + strconv.FormatFloat(f.Series[0].Value, 'g', 4, 64)
	if f.Series[0].Value < 0 {
		reason = "prefix caching is off"
	}
	r.Explain("prefix_query_tokens", "%s", reason)
	r.Explain("prefix_hit_tokens", "%s", reason)
}
