package api

import (
	"context"
	"net/http"
	"time"
)

// SGLangInfo is what /server_info says beside what every engine says.
type SGLangInfo struct {
	// Arguments are the server's arguments by their names in Python, as far as the
	// command line set them or the simulation resolves them.
	Arguments map[string]any
	// MaxRunningRequests and MemoryUsage are the resolved state of the scheduler.
	MaxRunningRequests int
	TokenCapacity      int
	WeightGB, CacheGB  float64
	// HealthDelay is how long the health route takes; 0 means the engine's second.
	HealthDelay time.Duration
}

// sglang is the API of SGLang 0.5.
type sglang struct{ *Server }

func (g *sglang) routes() map[string]http.HandlerFunc {
	openAI := openAI{server: g.Server, style: g.style()}
	return map[string]http.HandlerFunc{
		"POST /generate":            g.generation("/generate", g.understand),
		"PUT /generate":             g.generation("/generate", g.understand),
		"POST /v1/completions":      g.generation("/v1/completions", openAI.completions),
		"POST /v1/chat/completions": g.generation("/v1/chat/completions", openAI.chat),
		"GET /health":               g.health,
		"GET /health_generate":      g.health,
		"GET /server_info":          g.serverInfo,
		"GET /get_server_info":      g.serverInfo,
		"GET /model_info":           g.modelInfo,
		"GET /get_model_info":       g.modelInfo,
		"GET /v1/models":            g.models,
		"GET /flush_cache":          g.flushCache,
		"POST /flush_cache":         g.flushCache,
	}
}

func (g *sglang) quiet() map[string]http.HandlerFunc { return nil }

func (g *sglang) style() openAIStyle {
	return openAIStyle{
		check: func(b *openAIBody) *problem {
			b.KeepStop = false
			return b.unsupported()
		},
		most: g.mostOpenAI,
		model: func(asked string) string {
			if asked == "" {
				return g.config.ServedNames[0]
			}
			return asked // any name is taken and given back
		},
		id:          func(bool) string { return g.serial.next() },
		wholeObject: "chat.completion", chunkObject: "chat.completion.chunk",
		message: object{"reasoning_content": nil, "tool_calls": nil},
		usage:   object{"prompt_tokens_details": nil, "reasoning_tokens": 0}, unfinished: "null",
		roleEvent: true, finalEvent: true, tokenBytes: true, matched: "matched_stop",
	}
}

func (g *sglang) mostOpenAI(prompt int, asked *int, chat bool) (int, *problem) {
	if asked == nil && !chat {
		limit := defaultCompletionTokens
		asked = &limit
	}
	return g.most(prompt, asked)
}

// most is how many tokens a request may get; asked nil is all that is left.
func (g *sglang) most(prompt int, asked *int) (int, *problem) {
	context := g.config.MaxModelLen
	switch {
	case prompt == 0:
		return 0, badRequest("Prompt cannot be empty")
	case prompt >= context:
		return 0, badRequest("The input (%d tokens) is longer than the model's context length (%d tokens).", prompt, context)
	case asked == nil:
		return context - prompt, nil
	case *asked < 1:
		return 0, badRequest("max_new_tokens must be at least 1, got %d.", *asked)
	case prompt+*asked > context:
		return 0, badRequest("Requested token count exceeds the model's maximum context length of %d tokens. You requested a total of %d tokens: %d tokens from the input messages and %d tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.", context, prompt+*asked, prompt, *asked)
	}
	return *asked, nil
}

func (g *sglang) refusal(p *problem) (int, []byte) {
	status := p.status()
	if p.kind == overloaded {
		p.message, status = "The request queue is full.", http.StatusServiceUnavailable
	}
	if p.own {
		return status, object{"error": object{"message": p.message}}.json()
	}
	kinds := map[kind]string{notFound: "NotFoundError", unavailable: "ServiceUnavailable", overloaded: "ServiceUnavailable", broken: "InternalServerError"}
	name, named := kinds[p.kind]
	if !named {
		name = "BadRequestError"
	}
	var param any
	if p.param != "" {
		param = p.param
	}
	return status, object{"object": "error", "message": p.message, "type": name, "param": param, "code": status}.json()
}

func (g *sglang) event(p *problem) []byte {
	_, body := g.refusal(p)
	if p.own {
		return []byte(eventStart + string(body) + eventEnd + endOfAll)
	}
	return []byte(eventStart + `{"error":` + string(body) + "}" + eventEnd + endOfAll)
}

func (g *sglang) refusesInStream() bool { return false }

func (g *sglang) brokenText() string { return "Internal server error" }

func (g *sglang) headers(http.Header, *run) {}

// The health route lets the engine generate a token, which takes at least the
// second for which the handler sleeps, and gives up after twenty.
const (
	sglangHealthDelay = time.Second
	sglangHealthLimit = 20
)

func (g *sglang) health(w http.ResponseWriter, r *http.Request) {
	delay := g.config.SGLang.HealthDelay
	if delay == 0 {
		delay = sglangHealthDelay
	}
	for range sglangHealthLimit {
		if !g.gate.isOpen() || !wait(r.Context(), delay) {
			break
		}
		if !g.hangs() {
			return
		}
	}
	w.WriteHeader(http.StatusServiceUnavailable)
}

// wait is false when the client leaves first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
