package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/api"
)

type fields map[string]any

func prompt(words int) string { return strings.TrimSpace(strings.Repeat("word ", words)) }

func TestServer_LoadingServingDraining_ShowsInHealth(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	require.Equal(t, 503, h.status("GET", "/health"))
	require.Equal(t, 503, h.status("GET", "/v1/models"))
	status, _ := h.post("/v1/completions", fields{"prompt": "a"})
	require.Equal(t, 503, status)
	require.Equal(t, 200, h.status("GET", "/version"), "also while it loads")

	h.api.Serve()
	require.Equal(t, 200, h.status("GET", "/health"))

	<-h.api.Drain()
	require.Equal(t, 503, h.status("GET", "/health"))
	status, body := h.post("/v1/completions", fields{"prompt": "a"})
	require.Equal(t, 503, status)
	require.Contains(t, body, "error")
	h.api.Serve()
	require.Equal(t, 503, h.status("GET", "/health"), "there is no way back")
}

func TestServer_EveryAnswer_SaysThatItIsSimulated(t *testing.T) {
	t.Parallel()
	h := serve(t)
	for _, path := range []string{"/health", "/version", "/metrics", "/v1/models", "/none"} {
		require.Equal(t, "llmsim", h.do("GET", path, nil).Header.Get("X-Simulated"), path)
	}
	var version fields
	require.NoError(t, json.NewDecoder(h.do("GET", "/version", nil).Body).Decode(&version))
	require.Equal(t, fields{"version": "0.20.1", "simulated": true}, version)
}

func TestServer_Drain_FinishesRunningRequestsAndRefusesNewOnes(t *testing.T) {
	t.Parallel()
	h := serve(t)
	response := h.do("POST", "/v1/completions", fields{"prompt": "a b", "max_tokens": 300, "ignore_eos": true, "stream": true})
	reader := bufio.NewReader(response.Body)
	_, err := reader.ReadString('\n')
	require.NoError(t, err, "it runs")
	drained := h.api.Drain()
	status, _ := h.post("/v1/completions", fields{"prompt": "a"})
	require.Equal(t, 503, status)
	rest, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Equal(t, 299, strings.Count(string(rest), `"text"`), "all tokens after the first")
	require.True(t, strings.HasSuffix(string(rest), "data: [DONE]\n\n"))
	select {
	case <-drained:
	case <-time.After(5 * time.Second):
		require.Fail(t, "nothing runs and it does not end")
	}
}

func TestServer_ClientLeaves_RequestIsAbortedAndItsBlocksFreed(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ctx, leave := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, "POST", h.server.URL+"/v1/completions",
		strings.NewReader(fmt.Sprintf(`{"prompt":%q,"max_tokens":900,"ignore_eos":true,"stream":true}`, prompt(60))))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err)
	leave()
	require.Eventually(t, func() bool {
		return h.metric("vllm:num_requests_running", "") == 0 && h.metric("vllm:kv_cache_usage_perc", "") == 0
	}, 10*time.Second, 5*time.Millisecond)
	require.Zero(t, h.metric("vllm:request_success_total", ""))
	require.Less(t, h.metric("vllm:generation_tokens_total", ""), 900.0)
}

func TestServer_EngineStops_StreamEndsWithAnErrorEvent(t *testing.T) {
	t.Parallel()
	h := serve(t)
	response := h.do("POST", "/v1/completions", fields{"prompt": "a", "max_tokens": 900, "ignore_eos": true, "stream": true})
	reader := bufio.NewReader(response.Body)
	_, err := reader.ReadString('\n')
	require.NoError(t, err)
	h.stop()
	rest, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Contains(t, string(rest), `data: {"error":{`)
	require.Contains(t, string(rest), "EngineCore encountered an issue")
	status, _ := h.post("/v1/completions", fields{"prompt": "a"})
	require.Equal(t, 500, status)
}

func TestServer_AnswerLength(t *testing.T) {
	t.Parallel()
	h := serve(t)
	usage := func(f fields) (float64, string) {
		status, body := h.post("/v1/completions", f)
		require.Equal(t, 200, status, "%v", body)
		choice := body["choices"].([]any)[0].(map[string]any)
		return body["usage"].(map[string]any)["completion_tokens"].(float64), choice["finish_reason"].(string)
	}
	tokens, reason := usage(fields{"prompt": "a b c"})
	require.Equal(t, 16.0, tokens, "the default of the completions route")
	require.Equal(t, "length", reason)
	tokens, reason = usage(fields{"prompt": "a b c", "max_tokens": 950})
	require.Less(t, tokens, 950.0, "it ends by itself")
	require.Equal(t, "stop", reason)
	again, _ := usage(fields{"prompt": "a b c", "max_tokens": 950})
	require.Equal(t, tokens, again)
	longer, _ := usage(fields{"prompt": "a b c", "max_tokens": 950, "min_tokens": tokens + 30})
	require.Equal(t, tokens+30, longer)
	tokens, reason = usage(fields{"prompt": "a b c", "max_tokens": 950, "ignore_eos": true})
	require.Equal(t, 950.0, tokens)
	require.Equal(t, "length", reason)
}

func TestServer_PromptForms_CountTheirTokens(t *testing.T) {
	t.Parallel()
	h := serve(t)
	for want, p := range map[float64]any{
		3: "one two three", 2: []string{"one two"}, 4: []int{1, 2, 3, 4}, 5: [][]int{{1, 2, 3, 4, 5}},
	} {
		_, body := h.post("/v1/completions", fields{"prompt": p, "max_tokens": 1})
		require.Equal(t, want, body["usage"].(map[string]any)["prompt_tokens"], "%v", p)
	}
	_, body := h.post("/v1/chat/completions", fields{"max_completion_tokens": 1, "messages": []fields{
		{"role": "system", "content": nil},
		{"role": "user", "content": []fields{{"type": "text", "text": "one two"}, {"type": "text", "text": "three"}}},
	}})
	require.Equal(t, 6.0, body["usage"].(map[string]any)["prompt_tokens"], "three words and three roles: %v", body)
}

func TestServer_BadRequests_GetTheShapeOfOpenAI(t *testing.T) {
	t.Parallel()
	h := serve(t)
	for name, c := range map[string]struct {
		path, says string
		body       any
	}{
		"no json":        {"/v1/completions", "not valid", "{"},
		"no prompt":      {"/v1/completions", "missing", fields{}},
		"empty prompt":   {"/v1/completions", "empty", fields{"prompt": " "}},
		"two prompts":    {"/v1/completions", "several prompts", fields{"prompt": []string{"a", "b"}}},
		"odd prompt":     {"/v1/completions", "prompt must be", fields{"prompt": 7}},
		"prompt too big": {"/v1/completions", "maximum context length is 1000 tokens", fields{"prompt": prompt(1000)}},
		"answer too big": {"/v1/completions", "'max_tokens' or 'max_completion_tokens' is too large: 990", fields{"prompt": prompt(20), "max_tokens": 990}},
		"no answer":      {"/v1/completions", "at least 1, got 0", fields{"prompt": "a", "max_tokens": 0}},
		"no choices":     {"/v1/completions", "n must be at least 1", fields{"prompt": "a", "n": 0}},
		"echo":           {"/v1/completions", "echo is not simulated", fields{"prompt": "a", "echo": true}},
		"empty stop":     {"/v1/completions", "empty string", fields{"prompt": "a", "stop": []string{"a", ""}}},
		"odd stop":       {"/v1/completions", "not valid", fields{"prompt": "a", "stop": 7}},
		"odd logprobs":   {"/v1/completions", "logprobs must be", fields{"prompt": "a", "logprobs": "x"}},
		"many logprobs":  {"/v1/completions", "greater than max allowed", fields{"prompt": "a", "logprobs": 21}},
		"no messages":    {"/v1/chat/completions", "messages", fields{"messages": []string{}}},
		"an image":       {"/v1/chat/completions", "type text", fields{"messages": []fields{{"role": "user", "content": []fields{{"type": "image_url"}}}}}},
		"odd content":    {"/v1/chat/completions", "content must be", fields{"messages": []fields{{"role": "user", "content": 5}}}},
	} {
		status, body := h.post(c.path, c.body)
		require.Equal(t, 400, status, name)
		problem := body["error"].(map[string]any)
		require.Contains(t, problem["message"], c.says, name)
		require.Equal(t, "BadRequestError", problem["type"], name)
		require.Equal(t, 400.0, problem["code"], name)
	}
	require.Equal(t, 17.0, h.metric("http_requests_total", "4xx"))
	require.Equal(t, 405, h.status("GET", "/v1/completions"))
}

func TestServer_ErrorFault_FailsThatShareWith500(t *testing.T) {
	t.Parallel()
	h := serve(t)
	h.api.SetFaults(0.5, false)
	failed := 0
	for range 60 {
		status, body := h.post("/v1/completions", fields{"prompt": "a", "max_tokens": 1})
		if status == 500 {
			failed++
			require.Equal(t, "InternalServerError", body["error"].(map[string]any)["type"])
		}
	}
	require.InDelta(t, 30, failed, 20)
	require.Equal(t, float64(failed), h.metric("http_requests_total", "5xx"))
	h.api.SetFaults(0, false)
	status, _ := h.post("/v1/completions", fields{"prompt": "a", "max_tokens": 1})
	require.Equal(t, 200, status)
}

func TestServer_RepeatedPrompt_HitsThePrefixCacheUntilItIsReset(t *testing.T) {
	t.Parallel()
	h := serve(t)
	hits := func() float64 {
		before := h.metric("vllm:prefix_cache_hits_total", "")
		status, _ := h.post("/v1/completions", fields{"prompt": prompt(100), "max_tokens": 2})
		require.Equal(t, 200, status)
		after := 0.0
		require.Eventually(t, func() bool {
			after = h.metric("vllm:prefix_cache_hits_total", "")
			return h.metric("vllm:num_requests_running", "") == 0
		}, 5*time.Second, time.Millisecond)
		return after - before
	}
	require.Zero(t, hits())
	require.Equal(t, 96.0, hits(), "six full blocks of sixteen")
	require.Equal(t, 200, h.status("POST", "/reset_prefix_cache"))
	require.Zero(t, hits())
}

func TestServer_ResetPrefixCacheWhileBusy_IsRefused(t *testing.T) {
	t.Parallel()
	h := serve(t)
	response := h.do("POST", "/v1/completions", fields{"prompt": "a", "max_tokens": 900, "ignore_eos": true, "stream": true})
	_, err := bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, 409, h.status("POST", "/reset_prefix_cache"))
}

func TestServer_StreamInterval_GroupsTokens(t *testing.T) {
	t.Parallel()
	h := serve(t, func(c *api.Config) { c.StreamInterval = 10 })
	response := h.do("POST", "/v1/completions", fields{"prompt": "a", "max_tokens": 41, "ignore_eos": true, "stream": true})
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.LessOrEqual(t, strings.Count(string(body), `"text"`), 5)
	words := 0
	for line := range strings.SplitSeq(string(body), "\n") {
		var chunk struct{ Choices []struct{ Text string } }
		if json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &chunk) == nil && len(chunk.Choices) > 0 {
			words += len(strings.Fields(chunk.Choices[0].Text))
		}
	}
	require.Equal(t, 41, words)
}

func TestServer_Metrics_CountWhatWasServed(t *testing.T) {
	t.Parallel()
	h := serve(t)
	for i := range 5 {
		status, _ := h.post("/v1/completions", fields{"prompt": fmt.Sprintf("number %d", i), "max_tokens": 8})
		require.Equal(t, 200, status)
	}
	require.Eventually(t, func() bool { return h.metric("vllm:request_success_total", "length") == 5 }, 5*time.Second, 5*time.Millisecond)
	require.Equal(t, 10.0, h.metric("vllm:prompt_tokens_total", ""))
	require.Equal(t, 40.0, h.metric("vllm:generation_tokens_total", ""))
	require.Equal(t, 5.0, h.metric("vllm:time_to_first_token_seconds", ""))
	require.Equal(t, 35.0, h.metric("vllm:inter_token_latency_seconds", ""))
	require.Equal(t, 5.0, h.metric("http_requests_total", "/v1/completions"))
	require.Zero(t, h.metric("http_requests_total", "/metrics"), "scrapes are no traffic")
}
