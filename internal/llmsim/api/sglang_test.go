package api_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/api"
)

func sglang(t *testing.T, change ...func(*api.Config)) *harness {
	t.Helper()
	return serve(t, append([]func(*api.Config){func(c *api.Config) {
		c.Engine, c.Version = "sglang", "0.5.15"
		c.SGLang = api.SGLangInfo{Arguments: map[string]any{"mem_fraction_static": 0.8, "tp_size": 1}, MaxRunningRequests: 64, TokenCapacity: 8000, HealthDelay: time.Millisecond}
	}}, change...)...)
}

func TestSGLang_Generate_WholeAndStreamedAnswersAgree(t *testing.T) {
	t.Parallel()
	h := sglang(t)
	body := fields{"text": "once upon a time", "sampling_params": fields{"max_new_tokens": 12, "ignore_eos": true}, "rid": "mine", "return_logprob": true, "top_logprobs_num": 2}
	status, whole := h.post("/generate", body)
	require.Equal(t, 200, status)
	meta := whole["meta_info"].(map[string]any)
	require.Equal(t, "mine", meta["id"])
	require.EqualValues(t, 4, meta["prompt_tokens"])
	require.EqualValues(t, 12, meta["completion_tokens"])
	require.Equal(t, map[string]any{"type": "length", "length": 12.0}, meta["finish_reason"])
	require.Len(t, whole["output_ids"], 12)
	require.Len(t, meta["output_token_logprobs"], 12)
	require.Len(t, meta["output_top_logprobs"].([]any)[0], 2)

	body["stream"] = true
	done, events := h.events("/generate", body)
	require.True(t, done)
	require.Len(t, events, 12)
	last := ""
	for i, e := range events {
		text := e["text"].(string)
		require.True(t, strings.HasPrefix(text, last), "all there is so far")
		last = text
		require.EqualValues(t, i+1, e["meta_info"].(map[string]any)["completion_tokens"])
		require.Equal(t, i == 11, e["meta_info"].(map[string]any)["finish_reason"] != nil)
	}
	require.Equal(t, whole["text"], last)
}

func TestSGLang_GenerateOptions(t *testing.T) {
	t.Parallel()
	h := sglang(t)
	status, body := h.post("/generate", fields{"text": "count with me", "sampling_params": fields{"max_new_tokens": 800}})
	require.Equal(t, 200, status)
	require.Equal(t, map[string]any{"type": "stop", "matched": 128009.0}, body["meta_info"].(map[string]any)["finish_reason"])
	word := strings.Fields(body["text"].(string))[6]
	_, stopped := h.post("/generate", fields{"text": "count with me", "sampling_params": fields{"stop": word}})
	require.Equal(t, map[string]any{"type": "stop", "matched": word}, stopped["meta_info"].(map[string]any)["finish_reason"])
	require.NotContains(t, strings.Fields(stopped["text"].(string)), word)

	response := h.do("POST", "/generate", fields{"input_ids": []int{1, 2, 3}, "sampling_params": fields{"n": 2, "max_new_tokens": 2}})
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(raw), "[{"), "a list for several answers: %s", raw)
	_, events := h.events("/generate", fields{"input_ids": []int{1, 2, 3}, "stream": true, "sampling_params": fields{"n": 2, "max_new_tokens": 2, "ignore_eos": true}})
	seen := map[float64]int{}
	for _, e := range events {
		seen[e["index"].(float64)]++
	}
	require.Equal(t, map[float64]int{0: 2, 1: 2}, seen)
}

func TestSGLang_Errors_HaveTheShapeOfTheirRoute(t *testing.T) {
	t.Parallel()
	h := sglang(t)
	for name, c := range map[string]struct {
		says string
		body any
	}{
		"nothing":  {"Either text, input_ids", fields{}},
		"both":     {"cannot be provided at the same time", fields{"text": "a", "input_ids": []int{1}}},
		"empty":    {"cannot be empty", fields{"text": ""}},
		"too long": {"The input (1000 tokens) is longer than the model's context length (1000 tokens).", fields{"text": prompt(1000)}},
		"too much": {"You requested a total of 1100 tokens: 600 tokens from the input messages and 500 tokens for the completion", fields{"text": prompt(600), "sampling_params": fields{"max_new_tokens": 500}}},
		"none":     {"at least 1", fields{"text": "a", "sampling_params": fields{"max_new_tokens": 0}}},
		"many":     {"n should be between", fields{"text": "a", "sampling_params": fields{"n": 0}}},
		"no json":  {"not valid", "{"},
	} {
		status, body := h.post("/generate", c.body)
		require.Equal(t, 400, status, name)
		require.Contains(t, body["error"].(map[string]any)["message"], c.says, name)
	}
	status, body := h.post("/v1/chat/completions", fields{"messages": []string{}})
	require.Equal(t, 400, status)
	require.Equal(t, "error", body["object"], "flat on the OpenAI routes")
	require.Equal(t, "BadRequestError", body["type"])
	require.Equal(t, 8.0, h.metric("sglang:http_responses_total", "/generate"))
	h.api.SetFaults(1, false)
	status, _ = h.post("/generate", fields{"text": "a"})
	require.Equal(t, 500, status)
	require.Equal(t, 1.0, h.metric("sglang:http_responses_total", "500"))
}

func TestSGLang_OpenAIClient_AnyModelNameIsTaken(t *testing.T) {
	t.Parallel()
	h := sglang(t)
	request := chatRequest(9)
	request.Model = "gpt-none"
	whole, err := h.client().CreateChatCompletion(context.Background(), request)
	require.NoError(t, err)
	require.Equal(t, "gpt-none", whole.Model)
	require.Equal(t, 9, whole.Usage.CompletionTokens)
	stream, err := h.client().CreateChatCompletionStream(context.Background(), request)
	require.NoError(t, err)
	defer stream.Close()
	text, reasons, chunks := "", "", 0
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		chunks++
		for _, c := range chunk.Choices {
			text += c.Delta.Content
			reasons += string(c.FinishReason)
		}
	}
	require.Equal(t, whole.Choices[0].Message.Content, text)
	require.Equal(t, "length", reasons)
	require.Equal(t, 11, chunks, "the role, nine tokens, the finish reason")
}

func TestSGLang_InfoRoutes(t *testing.T) {
	t.Parallel()
	h := sglang(t)
	for _, path := range []string{"/server_info", "/get_server_info"} {
		_, body := h.get(path)
		require.Equal(t, "org/model", body["model_path"])
		require.Equal(t, served, body["served_model_name"])
		require.Equal(t, "0.5.15", body["version"])
		require.EqualValues(t, 0.8, body["mem_fraction_static"])
		state := body["internal_states"].([]any)[0].(map[string]any)
		require.EqualValues(t, 64, state["effective_max_running_requests_per_dp"])
		require.EqualValues(t, 8000, state["memory_usage"].(map[string]any)["token_capacity"])
	}
	for _, path := range []string{"/model_info", "/get_model_info"} {
		_, body := h.get(path)
		require.Equal(t, "org/model", body["model_path"])
	}
	_, models := h.get("/v1/models")
	require.EqualValues(t, contextTokens, models["data"].([]any)[0].(map[string]any)["max_model_len"])
}

func TestSGLang_Health_NeedsAnEngineThatMakesProgress(t *testing.T) {
	t.Parallel()
	h := sglang(t)
	require.Equal(t, 200, h.status("GET", "/health"))
	require.Equal(t, 200, h.status("GET", "/health_generate"))
	h.api.SetFaults(0, true)
	require.Equal(t, 503, h.status("GET", "/health"))
	h.api.SetFaults(0, false)
	<-h.api.Drain()
	require.Equal(t, 503, h.status("GET", "/health"))
}

func TestSGLang_FlushCache_WhenIdleOnly(t *testing.T) {
	t.Parallel()
	h := sglang(t)
	require.Equal(t, 200, h.status("POST", "/flush_cache"))
	require.Equal(t, 200, h.status("GET", "/flush_cache"))
	response := h.do("POST", "/generate", fields{"text": "a", "stream": true, "sampling_params": fields{"max_new_tokens": 900, "ignore_eos": true}})
	_, err := bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, 400, h.status("POST", "/flush_cache"))
	require.NoError(t, response.Body.Close())
	require.Eventually(t, func() bool { return h.metric("sglang:num_aborted_requests_total", "") == 1 }, patience, tick)
}
