package api

import (
	"net/http"
	"strconv"
	"time"
)

// TGILimits are what TGI's router lets pass, as /info states them.
type TGILimits struct {
	MaxConcurrentRequests int
	MaxInputTokens        int
	MaxTotalTokens        int
	MaxBestOf             int
	MaxStopSequences      int
	ValidationWorkers     int
	MaxClientBatchSize    int
}

// tgi is the API of TGI 3.3.
type tgi struct{ *Server }

func (t *tgi) routes() map[string]http.HandlerFunc {
	openAI := openAI{server: t.Server, style: t.style()}
	generate, stream := t.generation("/generate", t.generate), t.generation("/generate_stream", t.generateStream)
	return map[string]http.HandlerFunc{
		"POST /{$}":                 t.generation("/", t.generateCompat),
		"POST /generate":            generate,
		"POST /generate_stream":     stream,
		"POST /v1/completions":      t.generation("/v1/completions", openAI.completions),
		"POST /v1/chat/completions": t.generation("/v1/chat/completions", openAI.chat),
	}
}

func (t *tgi) quiet() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /health": t.health, "GET /ping": t.health, "GET /info": t.info, "GET /v1/models": t.models,
	}
}

func (t *tgi) style() openAIStyle {
	return openAIStyle{
		check:       t.check,
		most:        func(prompt int, asked *int, chat bool) (int, *problem) { return t.most(prompt, orDefault(asked, chat)) },
		model:       func(string) string { return t.config.Model },
		id:          func(bool) string { return "" },
		wholeObject: "chat.completion", chunkObject: "chat.completion.chunk",
		top: object{"system_fingerprint": t.config.Version + "-native"}, unfinished: "null",
	}
}

// orDefault is the limit of an OpenAI request: 100 tokens for a completion that
// states none, all that is left for a chat.
func orDefault(asked *int, chat bool) *int {
	if asked == nil && !chat {
		limit := 100
		return &limit
	}
	return asked
}

// check leaves out what TGI does not read: the model, the number of answers, and
// what is vLLM's own. A stop string stays in the text.
func (t *tgi) check(b *openAIBody) *problem {
	b.N, b.IgnoreEOS, b.KeepStop, b.MinTokens, b.Echo = nil, false, true, 0, false
	if b.Suffix != "" {
		return badRequest("Suffix is not supported and can be achieved by preprocessing the prompt.")
	}
	return t.stops(b.Stop)
}

func (t *tgi) stops(stops []string) *problem {
	if most := t.config.TGI.MaxStopSequences; len(stops) > most {
		return validation("`stop` supports up to %d stop sequences. Given: %d", most, len(stops))
	}
	return nil
}

func validation(format string, args ...any) *problem {
	return badRequest("Input validation error: "+format, args...)
}

// most is how many tokens a request may get.
func (t *tgi) most(prompt int, asked *int) (int, *problem) {
	limits := t.config.TGI
	switch {
	case prompt == 0:
		return 0, validation("`inputs` cannot be empty")
	case asked != nil && *asked < 1:
		return 0, validation("`max_new_tokens` must be strictly positive")
	case asked != nil && prompt+*asked > limits.MaxTotalTokens:
		return 0, validation("`inputs` tokens + `max_new_tokens` must be <= %d. Given: %d `inputs` tokens and %d `max_new_tokens`", limits.MaxTotalTokens, prompt, *asked)
	case prompt > limits.MaxInputTokens || prompt >= limits.MaxTotalTokens:
		return 0, validation("`inputs` must have less than %d tokens. Given: %d", limits.MaxInputTokens, prompt)
	case asked == nil:
		return limits.MaxTotalTokens - prompt, nil
	}
	return *asked, nil
}

func (t *tgi) refusal(p *problem) (int, []byte) {
	status, name := p.status(), string(p.kind)
	switch p.kind {
	case invalid, unreadable:
		status, name = http.StatusUnprocessableEntity, string(invalid)
	case broken:
		name = "incomplete_generation"
	case unavailable:
		name = "healthcheck"
	}
	return status, object{"error": p.message, "error_type": name}.json()
}

func (t *tgi) event(p *problem) []byte {
	status, body := t.refusal(p)
	if p.own {
		return []byte(eventStart + string(body) + eventEnd)
	}
	inner := object{"error": object{"message": p.message, "http_status_code": status}}
	return append(event(inner), endOfAll...)
}

// refusesInStream: the router opens a stream before it validates the request.
func (t *tgi) refusesInStream() bool { return true }

func (t *tgi) brokenText() string { return "Incomplete generation" }

// headers are the times of the request as TGI's own clock saw them.
func (t *tgi) headers(h http.Header, r *run) {
	first := r.requests[0]
	now := t.engine.Now()
	milliseconds := func(from, to float64) string { return strconv.Itoa(int(1000 * (to - from))) }
	inference := now - first.Times.Scheduled
	h.Set("X-Compute-Type", "1-simulated")
	h.Set("X-Compute-Time", strconv.FormatFloat(now-first.Times.Arrived, 'f', -1, 64))
	h.Set("X-Total-Time", milliseconds(first.Times.Arrived, now))
	h.Set("X-Validation-Time", milliseconds(first.Times.Arrived, first.Times.Queued))
	h.Set("X-Queue-Time", milliseconds(first.Times.Queued, first.Times.Scheduled))
	h.Set("X-Inference-Time", milliseconds(first.Times.Scheduled, now))
	h.Set("X-Time-Per-Token", milliseconds(0, inference/float64(r.answers[0].Tokens())))
	h.Set("X-Prompt-Tokens", strconv.Itoa(len(r.prompt)))
	h.Set("X-Generated-Tokens", strconv.Itoa(r.answers[0].Tokens()))
}

func (t *tgi) health(w http.ResponseWriter, _ *http.Request) {
	if !t.gate.isOpen() {
		t.refuse(w, &problem{kind: unavailable, message: "unhealthy"})
	}
}

func (t *tgi) info(w http.ResponseWriter, _ *http.Request) {
	l := t.config.TGI
	reply(w, object{
		"model_id": t.config.Model, "model_sha": nil, "model_pipeline_tag": "text-generation",
		"max_concurrent_requests": l.MaxConcurrentRequests, "max_best_of": l.MaxBestOf, "max_stop_sequences": l.MaxStopSequences,
		"max_input_tokens": l.MaxInputTokens, "max_total_tokens": l.MaxTotalTokens, "validation_workers": l.ValidationWorkers,
		"max_client_batch_size": l.MaxClientBatchSize, "router": "text-generation-router", "version": t.config.Version,
		"sha": nil, "docker_label": nil, "simulated": true,
	})
}

func (t *tgi) models(w http.ResponseWriter, _ *http.Request) {
	reply(w, object{"object": "list", "data": []object{{
		"id": t.config.Model, "object": "model", "created": time.Unix(0, 0).Unix(), "owned_by": t.config.Model,
	}}})
}
