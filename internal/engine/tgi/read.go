package tgi

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Read translates a metrics page. What TGI has no metric for is computed and
// marked as derived, or named in Missing.
func (e Engine) Read(page engine.Families) serving.Reading {
	r := e.metrics.Read(page)
	kvUsage(r)
	noFailures(r)
	finished(r)
	firstToken(r)
	for _, m := range neverReported() {
		r.Missing(m.Quantity, "%s", m.Reason)
	}
	return r.Reading()
}

// Recognises says whether a family of this name is TGI's.
func (e Engine) Recognises(family string) bool { return e.metrics.Owns(family) }

// neverReported is what no version has on its page.
func neverReported() []serving.Missing {
	return []serving.Missing{
		{Quantity: "swapped", Reason: "TGI never swaps requests out"},
		{Quantity: "preemptions", Reason: "none happen: room for prompt and answer is set aside when a request is admitted, so shortage shows as a queue"},
		{Quantity: "prefix_query_tokens", Reason: "TGI does not report its prefix cache"},
		{Quantity: "prefix_hit_tokens", Reason: "TGI does not report its prefix cache"},
		{Quantity: "draft_tokens", Reason: "TGI counts the guessed tokens it accepted, not those it tried"},
		{Quantity: "decode", Reason: "TGI times each decode step, not the decoding of a request"},
		{Quantity: "process_started_unix", Reason: "not on the page; a restart shows in counters that fall"},
		{Quantity: "model", Reason: "no series names the model; /info does"},
	}
}

// kvUsage is the share of the capacity that running requests have set aside.
// The capacity may come from /info, in which case engine.Info completes it.
func kvUsage(r *mapping.Reader) {
	reserved, capacity := r.Fields().KVReservedTokens, r.Fields().KVCapacityTokens
	usage := reserved.Over(capacity)
	if !usage.IsKnown() {
		r.Missing("kv_usage", "TGI has no such gauge; it follows from tgi_batch_current_max_tokens where the capacity is known")
		return
	}
	r.Fields().KVUsage = usage
	r.Found("kv_usage", engine.ReservedShare)
}

// noFailures: the recorder shows a counter from its first increment on. A server
// that has answered requests and shows no failures has had none.
func noFailures(r *mapping.Reader) {
	_, failures := r.Lookup(nameFailure)
	if _, answered := r.Lookup(nameSuccess); failures || !answered {
		return
	}
	r.Fields().Errors = serving.Known(0)
	r.Found("errors", "0, since tgi_request_failure appears with the first failure and tgi_request_success is there")
}

// finished counts requests by how they ended. TGI does not say why a successful
// one stopped; failures before a request ran (validation, template, overloaded)
// are no ends of one.
func finished(r *mapping.Reader) {
	f, ok := r.Family("finished_by_reason", []string{nameSuccess}, engine.TypeCounter, notYet)
	if !ok {
		return
	}
	out := map[string]float64{}
	add := func(reason string, s engine.Series) {
		if v, known := mapping.Value(s).Get(); known {
			out[reason] += v
		}
	}
	for _, s := range f.Series {
		add("success", s)
	}
	failures, _ := r.Lookup(nameFailure)
	for _, s := range failures.Series {
		switch err := s.Labels["err"]; {
		case failed(err):
			add("error", s)
		case err == "dropped":
			add("abort", s)
		}
	}
	if len(out) == 0 {
		r.Missing("finished_by_reason", "%s has no number", nameSuccess)
		return
	}
	r.Fields().FinishedByReason = out
	r.Found("finished_by_reason", "TGI does not tell why an answer ended: success is stop and length together")
}

// firstToken: TGI does not time the first token. A request waits and is then
// prefilled, so the two distributions give one for their sum.
func firstToken(r *mapping.Reader) {
	ttft := serving.EstimateTTFT(r.Fields().Queue, r.Fields().Prefill)
	if ttft == nil {
		r.Missing("ttft", "TGI has no such histogram; it is estimated from tgi_request_queue_duration and %s{method=\"prefill\"} once both have observations", nameSteps)
		return
	}
	r.Fields().TTFT = ttft
	r.Found("ttft", serving.EstimatedTTFT)
}
