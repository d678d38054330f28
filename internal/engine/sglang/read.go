package sglang

import (
	"maps"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Read translates a metrics page. Data-parallel groups are added, usage is their
// mean, and ranks that repeat each other count once. What the page lacks is named
// in Missing: absence never reads as zero.
func (e Engine) Read(page engine.Families) serving.Reading {
	r := e.metrics.Read(withoutDuplicates(page))
	waiting(r)
	promptTokens(r)
	generationTokens(r)
	prefixCache(r)
	retractions(r)
	finished(r)
	revealed(r)
	r.Model("model_name")
	for _, m := range never() {
		r.Missing(m.Quantity, "%s", m.Reason)
	}
	return r.Reading()
}

// Recognises says whether a family of this name is SGLang's.
func (e Engine) Recognises(family string) bool { return e.metrics.Owns(family) }

// waiting adds the requests whose grammar is being compiled, which the queue does
// not hold.
func waiting(r *mapping.Reader) {
	f, found := r.Lookup(nameGrammar)
	queued := r.Fields().Waiting
	if !found || !queued.IsKnown() {
		return
	}
	compiling, known := sum(f).Get()
	if known {
		r.Fields().Waiting = queued.Plus(serving.Known(compiling))
		r.Found("waiting", "num_queue_reqs + num_grammar_queue_reqs")
	}
}

// retractions: a counter of Prometheus' multiprocess mode is on the page only
// once it has counted. From 0.5.7 on, which realtime_tokens_total shows, the
// absence of this one means that nothing was retracted, unless the page has a
// name about retraction that is new.
func retractions(r *mapping.Reader) {
	if r.Fields().Preemptions.IsKnown() {
		return
	}
	if _, recent := r.Lookup(nameRealtime); !recent {
		return
	}
	if _, there := r.Lookup(nameRetracted); there {
		return
	}
	for _, name := range r.Reading().Unrecognised {
		if strings.Contains(name, "retract") || strings.Contains(name, "preempt") {
			return
		}
	}
	r.Fields().Preemptions = serving.Known(0)
	r.Found("preemptions", "0: num_retracted_requests_total appears with the first retraction")
}

// finished counts all requests that ended under one reason, for SGLang states
// none. Aborted ones are among them or not, depending on how far they had come,
// so num_aborted_requests_total is not added.
func finished(r *mapping.Reader) {
	f, ok := r.Family("finished_by_reason", []string{nameFinished}, engine.TypeCounter, noReasons)
	if !ok {
		return
	}
	n, known := sum(f).Get()
	if !known {
		r.Missing("finished_by_reason", "%s has no number", nameFinished)
		return
	}
	r.Fields().FinishedByReason = map[string]float64{"finished": n}
	r.Found("finished_by_reason", "num_requests_total; SGLang does not say why requests end")
}

// revealing are the gauges that read the configuration back, and the two of
// speculation, which are of the last log interval.
func revealing() []string {
	return []string{
		"sglang:page_size", "sglang:num_pages", "sglang:context_len", "sglang:max_total_num_tokens_swa", "sglang:new_token_ratio",
		"sglang:startup_available_gpu_memory_gb", "sglang:weight_memory_usage_gb", "sglang:kv_cache_memory_usage_gb",
		"sglang:spec_accept_rate", "sglang:spec_accept_length", "sglang:spec_num_steps", "sglang:spec_num_draft_tokens",
	}
}

// revealed takes one rank's word: all ranks share one configuration. A gauge of
// speculation that is 0 says that speculation is off.
func revealed(r *mapping.Reader) {
	out := map[string]string{}
	if f, found := r.Lookup(nameCacheInfo); found && len(f.Series) > 0 {
		maps.Copy(out, f.Series[0].Labels)
		for _, label := range append(ranks(), "model_name", "engine_type", "dp_rank") {
			delete(out, label)
		}
	}
	for _, name := range revealing() {
		f, found := r.Lookup(name)
		if !found || len(f.Series) == 0 || f.Type == engine.TypeHistogram {
			continue
		}
		v, known := mapping.Value(f.Series[0]).Get()
		if known && (v != 0 || !strings.HasPrefix(name, "sglang:spec_")) {
			out[strings.TrimPrefix(name, prefix)] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	if len(out) > 0 {
		r.Fields().Revealed = out
	}
}

func sum(f engine.Family) serving.Measure {
	if len(f.Series) == 0 {
		return serving.Unknown()
	}
	values := make([]serving.Measure, len(f.Series))
	for i, s := range f.Series {
		values[i] = mapping.Value(s)
	}
	return mapping.Sum(values)
}
