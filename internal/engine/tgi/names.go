package tgi

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Reasons and explanations that several quantities share.
const (
	notYet = "a series appears with its first update, so absence is not zero"
	// perToken: router/src/server.rs divides the time from the start of the prefill
	// by the tokens generated.
	perToken = "at most: the mean time per token of each finished request (tgi_request_mean_time_per_token_duration), which counts its prefill in"
)

// Families read by hand.
const (
	nameSuccess = "tgi_request_success"
	nameFailure = "tgi_request_failure"
	nameSteps   = "tgi_batch_inference_duration"
)

// metrics holds the names of router/src/{server,validation}.rs, router/src/infer
// and backends/{v2,v3}/src at db931fcf42da (2026-01-08). They have not changed
// since 0.3, only some were added. Counters have no "_total", durations are in
// seconds, and no series says which model it is about.
func metrics() mapping.Table {
	return mapping.Table{
		Engine: serving.TGI, Prefix: "tgi_",
		Quantities:    slices.Concat(gauges(), counters()),
		Distributions: distributions(),
		Others: []string{
			nameSuccess, "tgi_request_count",
			"tgi_request_validation_duration", "tgi_request_inference_duration", "tgi_request_max_new_tokens",
			"tgi_batch_next_size", "tgi_batch_concat", "tgi_batch_concat_duration", "tgi_batch_total_tokens",
			"tgi_batch_inference_success", "tgi_batch_inference_failure",
			"tgi_batch_forward_duration", "tgi_batch_decode_duration", "tgi_batch_filter_duration",
		},
	}
}

func gauges() []mapping.Quantity {
	return []mapping.Quantity{
		{Name: "running", Field: func(r *serving.Reading) *serving.Measure { return &r.Running }, Type: engine.TypeGauge,
			Families: []string{"tgi_batch_current_size"}, Why: notYet},
		{Name: "waiting", Field: func(r *serving.Reading) *serving.Measure { return &r.Waiting }, Type: engine.TypeGauge,
			Families: []string{"tgi_queue_size"}, Why: notYet},
		// Prompt and greatest answer of all running requests, which TGI sets aside
		// when it admits them.
		{Name: "kv_reserved_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.KVReservedTokens }, Type: engine.TypeGauge,
			Families: []string{"tgi_batch_current_max_tokens"}, Why: notYet},
		// Set from 2.3.1 on, but before the recorder is there to see it
		// (backends/v3/src/main.rs), so that no page seen has it.
		{Name: "kv_capacity_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.KVCapacityTokens }, Type: engine.TypeGauge,
			Families: []string{"tgi_batch_max_total_tokens"},
			Why:      "/info states max_batch_total_tokens up to 2.0; later versions write it to their log only"},
	}
}

func counters() []mapping.Quantity {
	return []mapping.Quantity{
		{Name: "prompt_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.PromptTokens }, Type: engine.TypeHistogram, Of: mapping.Total,
			Families: []string{"tgi_request_input_length"}, Why: notYet,
			Derived: "sum of the prompt lengths, counted when a request is validated: those that fail later are in it"},
		{Name: "generation_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.GenerationTokens }, Type: engine.TypeHistogram, Of: mapping.Total,
			Families: []string{"tgi_request_generated_tokens"}, Why: notYet,
			Derived: "sum of the answer lengths, counted when a request has succeeded: it moves in leaps"},
		// Prefills and decode steps both.
		{Name: "engine_steps", Field: func(r *serving.Reading) *serving.Measure { return &r.EngineSteps }, Type: engine.TypeCounter,
			Families: []string{"tgi_batch_inference_count"}, Why: notYet},
		accepted(engine.TypeSummary), accepted(engine.TypeHistogram),
		// What the server failed to do, a refusal for want of room (429) included.
		// validation, template and dropped are the client's doing.
		{Name: "errors", Field: func(r *serving.Reading) *serving.Measure { return &r.Errors }, Type: engine.TypeCounter, NoneIsZero: true,
			Where:    func(labels map[string]string) bool { return failed(labels["err"]) || labels["err"] == "overloaded" },
			Families: []string{nameFailure}, Why: notYet},
	}
}

// accepted are the tokens gained by speculation, of each step those beyond the
// first. The documentation calls the family a histogram; it is a summary because
// no buckets are set for it.
func accepted(kind string) mapping.Quantity {
	return mapping.Quantity{Name: "accepted_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.AcceptedTokens }, Type: kind, Of: mapping.Total,
		Families: []string{"tgi_request_skipped_tokens"}, Why: notYet}
}

// failed says whether a failure ended a request that was running: the answers
// 424 and 500.
func failed(err string) bool { return err == "generation" || err == "incomplete" }

func distributions() []mapping.Distribution {
	return []mapping.Distribution{
		{Name: "itl", Field: func(r *serving.Reading) **serving.Histogram { return &r.ITL },
			Families: []string{"tgi_request_mean_time_per_token_duration"}, Derived: perToken, Why: notYet},
		{Name: "tpot", Field: func(r *serving.Reading) **serving.Histogram { return &r.TPOT },
			Families: []string{"tgi_request_mean_time_per_token_duration"}, Derived: perToken, Why: notYet},
		{Name: "e2e", Field: func(r *serving.Reading) **serving.Histogram { return &r.E2E },
			Families: []string{"tgi_request_duration"}, Why: notYet},
		{Name: "queue", Field: func(r *serving.Reading) **serving.Histogram { return &r.Queue },
			Families: []string{"tgi_request_queue_duration"}, Why: notYet},
		{Name: "prefill", Field: func(r *serving.Reading) **serving.Histogram { return &r.Prefill },
			Families: []string{nameSteps}, Where: func(labels map[string]string) bool { return labels["method"] == "prefill" },
			Derived: "time of each prefill of a batch, not of each request", Why: notYet},
		{Name: "prompt_lengths", Field: func(r *serving.Reading) **serving.Histogram { return &r.PromptLengths },
			Families: []string{"tgi_request_input_length"}, Why: notYet},
		{Name: "output_lengths", Field: func(r *serving.Reading) **serving.Histogram { return &r.OutputLengths },
			Families: []string{"tgi_request_generated_tokens"}, Why: notYet},
	}
}
