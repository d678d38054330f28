package api

import (
	"net/http"
	"slices"
)

// vllm is the API of vLLM 0.20.
type vllm struct{ *Server }

func (v *vllm) routes() map[string]http.HandlerFunc {
	routes := openAI{server: v.Server, style: v.style()}
	return map[string]http.HandlerFunc{
		"GET /v1/models":            v.models,
		"POST /v1/completions":      v.generation("/v1/completions", routes.completions),
		"POST /v1/chat/completions": v.generation("/v1/chat/completions", routes.chat),
		"POST /reset_prefix_cache":  v.resetPrefixCache,
	}
}

func (v *vllm) quiet() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{"GET /health": v.health, "GET /version": v.version}
}

func (v *vllm) style() openAIStyle {
	return openAIStyle{
		check: v.check, most: v.most,
		model: func(string) string { return v.config.ServedNames[0] },
		id: func(chat bool) string {
			if chat {
				return "chatcmpl-" + v.serial.next()
			}
			return "cmpl-" + v.serial.next()
		},
		wholeObject: "chat.completion", chunkObject: "chat.completion.chunk",
		message: object{"refusal": nil, "tool_calls": []string{}, "reasoning": nil},
		usage:   object{"prompt_tokens_details": nil}, unfinished: "null",
		roleEvent: true, tokenBytes: true, matched: "stop_reason",
	}
}

func (v *vllm) check(b *openAIBody) *problem {
	if b.Model != "" && !slices.Contains(v.config.ServedNames, b.Model) {
		p := &problem{kind: notFound, message: "The model `" + b.Model + "` does not exist."}
		return p.of("model")
	}
	return b.unsupported()
}

// defaultCompletionTokens is that of the completions route; chat goes on to the
// end of the context.
const defaultCompletionTokens = 16

func (v *vllm) most(prompt int, asked *int, chat bool) (int, *problem) {
	context := v.config.MaxModelLen
	switch {
	case prompt == 0:
		return 0, badRequest("The decoder prompt cannot be empty").of("prompt")
	case prompt >= context:
		return 0, badRequest("This model's maximum context length is %d tokens. However, your request has %d input tokens. Please reduce the length of the input messages.", context, prompt).of("input_tokens")
	case asked == nil && chat:
		return context - prompt, nil
	case asked == nil:
		return min(defaultCompletionTokens, context-prompt), nil
	case *asked < 1:
		return 0, badRequest("max_tokens must be at least 1, got %d.", *asked).of("max_tokens")
	case prompt+*asked > context:
		return 0, badRequest("'max_tokens' or 'max_completion_tokens' is too large: %d. This model's maximum context length is %d tokens and your request has %d input tokens (%d > %d - %d).", *asked, context, prompt, *asked, context, prompt).of("max_tokens")
	}
	return *asked, nil
}

func (v *vllm) refusal(p *problem) (int, []byte) {
	kinds := map[kind]string{notFound: "NotFoundError", conflict: "ConflictError", unavailable: "ServiceUnavailableError", broken: "InternalServerError"}
	name, named := kinds[p.kind]
	status := p.status()
	if !named {
		name = "BadRequestError"
	}
	var param any
	if p.param != "" {
		param = p.param
	}
	return status, object{"error": object{"message": p.message, "type": name, "param": param, "code": status}}.json()
}

func (v *vllm) event(p *problem) []byte {
	_, body := v.refusal(p)
	return []byte(eventStart + string(body) + eventEnd + endOfAll)
}

func (v *vllm) refusesInStream() bool { return false }

func (v *vllm) brokenText() string {
	return "EngineCore encountered an issue. See stack trace (above) for the root cause."
}

func (v *vllm) headers(http.Header, *run) {}
