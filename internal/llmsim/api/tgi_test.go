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

const (
	patience = 10 * time.Second
	tick     = 2 * time.Millisecond
)

func tgi(t *testing.T, change ...func(*api.Config)) *harness {
	t.Helper()
	return serve(t, append([]func(*api.Config){func(c *api.Config) {
		c.Engine, c.Version = "tgi", "3.3.7"
		c.TGI = api.TGILimits{MaxConcurrentRequests: 8, MaxInputTokens: 500, MaxTotalTokens: 900, MaxBestOf: 2, MaxStopSequences: 4, ValidationWorkers: 2, MaxClientBatchSize: 4}
	}}, change...)...)
}

func TestTGI_Generate_WholeAndStreamedAnswersAgree(t *testing.T) {
	t.Parallel()
	h := tgi(t)
	body := fields{"inputs": "once upon a time", "parameters": fields{"max_new_tokens": 12, "details": true, "top_n_tokens": 2}}
	response := h.do("POST", "/generate", body)
	require.Equal(t, "4", response.Header.Get("X-Prompt-Tokens"))
	require.NotEmpty(t, response.Header.Get("X-Generated-Tokens"))
	require.NotEmpty(t, response.Header.Get("X-Queue-Time"))
	status, whole := h.post("/generate", body)
	require.Equal(t, 200, status)
	details := whole["details"].(map[string]any)
	n := int(details["generated_tokens"].(float64))
	require.Len(t, details["tokens"], n)
	require.Len(t, details["top_tokens"].([]any)[0], 2)

	done, events := h.events("/generate_stream", body)
	require.False(t, done, "TGI's own stream ends with its last token")
	require.Len(t, events, n)
	text := ""
	for i, e := range events {
		require.EqualValues(t, i+1, e["index"])
		text += e["token"].(map[string]any)["text"].(string)
		if i < n-1 {
			require.Nil(t, e["generated_text"])
			require.Nil(t, e["details"])
		}
	}
	last := events[n-1]
	require.Equal(t, whole["generated_text"], last["generated_text"])
	require.Equal(t, whole["generated_text"], text)
	require.EqualValues(t, 4, last["details"].(map[string]any)["input_length"])
}

func TestTGI_FinishReasons(t *testing.T) {
	t.Parallel()
	h := tgi(t)
	generate := func(p fields) map[string]any {
		p["details"] = true
		status, body := h.post("/generate", fields{"inputs": "count with me", "parameters": p})
		require.Equal(t, 200, status, "%v", body)
		return body
	}
	finish := func(body map[string]any) any { return body["details"].(map[string]any)["finish_reason"] }
	require.Equal(t, "length", finish(generate(fields{"max_new_tokens": 3})))
	long := generate(fields{})
	require.Equal(t, "eos_token", finish(long), "as much as fits, and it ends by itself")
	word := strings.Fields(long["generated_text"].(string))[5]
	stopped := generate(fields{"stop": []string{word}})
	require.Equal(t, "stop_sequence", finish(stopped))
	require.True(t, strings.HasSuffix(stopped["generated_text"].(string), word), "TGI leaves it in")
	full := generate(fields{"max_new_tokens": 3, "return_full_text": true})
	require.True(t, strings.HasPrefix(full["generated_text"].(string), "count with me "))
	best := generate(fields{"max_new_tokens": 3, "best_of": 2, "do_sample": true})
	require.Len(t, best["details"].(map[string]any)["best_of_sequences"], 1)
}

func TestTGI_CompatibleRoot_AnswersWithAList(t *testing.T) {
	t.Parallel()
	h := tgi(t)
	response := h.do("POST", "/", fields{"inputs": "hello", "parameters": fields{"max_new_tokens": 2}})
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(body), `[{"generated_text":`), string(body))
	_, events := h.events("/", fields{"inputs": "hello", "stream": true, "parameters": fields{"max_new_tokens": 2}})
	require.Len(t, events, 2)
	require.Equal(t, 405, h.status("GET", "/"))
}

func TestTGI_ValidationErrors_HaveItsShapeAndAreCounted(t *testing.T) {
	t.Parallel()
	h := tgi(t)
	for name, c := range map[string]struct {
		says   string
		inputs string
		p      fields
	}{
		"empty":         {"`inputs` cannot be empty", "", fields{}},
		"total":         {"`inputs` tokens + `max_new_tokens` must be <= 900. Given: 400 `inputs` tokens and 501 `max_new_tokens`", prompt(400), fields{"max_new_tokens": 501}},
		"input":         {"`inputs` must have less than 500 tokens. Given: 501", prompt(501), fields{"max_new_tokens": 1}},
		"none":          {"`max_new_tokens` must be strictly positive", "a", fields{"max_new_tokens": 0}},
		"stops":         {"`stop` supports up to 4 stop sequences. Given: 5", "a", fields{"stop": []string{"a", "b", "c", "d", "e"}}},
		"best of":       {"`best_of` must be > 0 and <= 2. Given: 3", "a", fields{"best_of": 3}},
		"no sampling":   {"you must use sampling when `best_of` is > 1", "a", fields{"best_of": 2}},
		"seeded best":   {"`seed` must not be set when `best_of` > 1", "a", fields{"best_of": 2, "do_sample": true, "seed": 1}},
		"temperature":   {"`temperature` must be strictly positive", "a", fields{"temperature": 0}},
		"top p":         {"`top_p` must be > 0.0 and < 1.0", "a", fields{"top_p": 1}},
		"typical p":     {"`typical_p` must be > 0.0 and < 1.0", "a", fields{"typical_p": -1}},
		"top k":         {"`top_k` must be strictly positive", "a", fields{"top_k": 0}},
		"top n":         {"`top_n_tokens` must be >= 0 and <= 5. Given: 6", "a", fields{"top_n_tokens": 6}},
		"truncate none": {"`truncate` must be strictly positive and less than 500. Given: 0", "a", fields{"truncate": 0}},
	} {
		status, body := h.post("/generate", fields{"inputs": c.inputs, "parameters": c.p})
		require.Equal(t, 422, status, name)
		require.Equal(t, "validation", body["error_type"], name)
		require.Equal(t, "Input validation error: "+c.says, body["error"], name)
	}
	require.Equal(t, 14.0, h.metric("tgi_request_failure", "validation"))
	status, body := h.post("/generate", "{")
	require.Equal(t, 422, status)
	require.Contains(t, body["error"], "Failed to deserialize the JSON body")
	require.Equal(t, 14.0, h.metric("tgi_request_count", ""), "what cannot be read is not counted")

	_, events := h.events("/generate_stream", fields{"inputs": "a", "parameters": fields{"best_of": 2}})
	require.Equal(t, "validation", events[0]["error_type"], "the stream has begun before the request is looked at")
	done, events := h.events("/v1/chat/completions", fields{"messages": []fields{{"role": "user", "content": prompt(600)}}, "stream": true})
	require.True(t, done)
	require.EqualValues(t, 422, events[0]["error"].(map[string]any)["http_status_code"])
	truncated, body := h.post("/generate", fields{"inputs": prompt(700), "parameters": fields{"truncate": 10, "max_new_tokens": 1, "details": true}})
	require.Equal(t, 200, truncated, "%v", body)
}

func TestTGI_ConcurrencyLimit_IsOverloaded(t *testing.T) {
	t.Parallel()
	h := tgi(t, func(c *api.Config) { c.TGI.MaxConcurrentRequests = 2 })
	h.api.SetFaults(0, false)
	var open []io.Closer
	for range 2 {
		response := h.do("POST", "/generate_stream", fields{"inputs": "tell me", "parameters": fields{"max_new_tokens": 890}})
		_, err := bufio.NewReader(response.Body).ReadString('\n')
		require.NoError(t, err)
		open = append(open, response.Body)
	}
	h.loop.SetFaults(1, true) // they go on for ever
	status, body := h.post("/generate", fields{"inputs": "me too"})
	require.Equal(t, 429, status)
	require.Equal(t, map[string]any{"error": "Model is overloaded", "error_type": "overloaded"}, body)
	require.Equal(t, 1.0, h.metric("tgi_request_failure", "overloaded"))
	h.loop.SetFaults(1, false)
	for _, c := range open {
		require.NoError(t, c.Close())
	}
	require.Eventually(t, func() bool {
		status, _ := h.post("/generate", fields{"inputs": "me too", "parameters": fields{"max_new_tokens": 1}})
		return status == 200
	}, patience, tick, "places are given back")
}

func TestTGI_OpenAIClient_ChatAndCompletions(t *testing.T) {
	t.Parallel()
	h := tgi(t)
	request := chatRequest(12)
	request.Model = "whatever"
	whole, err := h.client().CreateChatCompletion(context.Background(), request)
	require.NoError(t, err)
	require.Equal(t, "org/model", whole.Model, "the asked for model is not looked at")
	require.Equal(t, "3.3.7-native", whole.SystemFingerprint)
	stream, err := h.client().CreateChatCompletionStream(context.Background(), request)
	require.NoError(t, err)
	defer stream.Close()
	text, reason := "", ""
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		for _, c := range chunk.Choices {
			require.Equal(t, "assistant", c.Delta.Role, "in every chunk")
			text += c.Delta.Content
			reason += string(c.FinishReason)
		}
	}
	require.Equal(t, whole.Choices[0].Message.Content, text)
	require.Equal(t, string(whole.Choices[0].FinishReason), reason)
	require.Equal(t, 4.0, h.metric("tgi_request_count", ""), "OpenAI routes count twice")
	require.Equal(t, 2.0, h.metric("tgi_request_success", ""))

	status, body := h.post("/v1/completions", fields{"prompt": "hello", "suffix": "x"})
	require.Equal(t, 422, status)
	require.Contains(t, body["error"], "Suffix is not supported")
	_, body = h.post("/v1/completions", fields{"prompt": "hello"})
	require.LessOrEqual(t, body["usage"].(map[string]any)["completion_tokens"], 100.0)
}

func TestTGI_InfoHealthAndModels(t *testing.T) {
	t.Parallel()
	h := tgi(t)
	_, body := h.get("/info")
	require.Equal(t, "org/model", body["model_id"])
	require.Equal(t, "3.3.7", body["version"])
	require.EqualValues(t, 900, body["max_total_tokens"])
	require.EqualValues(t, 8, body["max_concurrent_requests"])
	require.Equal(t, true, body["simulated"])
	require.Equal(t, 200, h.status("GET", "/health"))
	_, models := h.get("/v1/models")
	require.Equal(t, "org/model", models["data"].([]any)[0].(map[string]any)["id"])
	<-h.api.Drain()
	status, down := h.get("/health")
	require.Equal(t, 503, status)
	require.Equal(t, map[string]any{"error": "unhealthy", "error_type": "healthcheck"}, down)
}

func TestTGI_ErrorFaultAndClientsThatLeave_AreFailures(t *testing.T) {
	t.Parallel()
	h := tgi(t)
	h.api.SetFaults(1, false)
	status, body := h.post("/generate", fields{"inputs": "a"})
	require.Equal(t, 500, status)
	require.Equal(t, "incomplete_generation", body["error_type"])
	h.api.SetFaults(0, false)
	require.Equal(t, 1.0, h.metric("tgi_request_failure", "incomplete"))
	response := h.do("POST", "/generate_stream", fields{"inputs": "tell me more", "parameters": fields{"max_new_tokens": 890}})
	_, err := bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Eventually(t, func() bool { return h.metric("tgi_request_failure", "dropped") == 1 }, patience, tick)
}

func (h *harness) get(path string) (int, map[string]any) {
	h.t.Helper()
	response := h.do("GET", path, nil)
	return response.StatusCode, h.decode(response)
}
