package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sashabaranov/go-openai"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/api"
	"github.com/optiinfra/performance-agent/internal/llmsim/text"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

func TestChoices_ShareThePromptAndDiffer_WholeAndStreamed(t *testing.T) {
	t.Parallel()
	h := serve(t)
	request := chatRequest(10)
	request.N = 3
	whole, err := h.client().CreateChatCompletion(context.Background(), request)
	require.NoError(t, err)
	require.Len(t, whole.Choices, 3)
	require.Equal(t, 7, whole.Usage.PromptTokens, "once")
	require.Equal(t, 30, whole.Usage.CompletionTokens)
	texts := map[string]bool{}
	for i, c := range whole.Choices {
		require.Equal(t, i, c.Index)
		texts[c.Message.Content] = true
	}
	require.Len(t, texts, 3)
	one, err := h.client().CreateChatCompletion(context.Background(), chatRequest(10))
	require.NoError(t, err)
	require.Equal(t, one.Choices[0].Message.Content, whole.Choices[0].Message.Content, "the first is the answer to a request for one")

	stream, err := h.client().CreateChatCompletionStream(context.Background(), request)
	require.NoError(t, err)
	defer stream.Close()
	got, reasons := make([]string, 3), make([]openai.FinishReason, 3)
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		for _, c := range chunk.Choices {
			got[c.Index] += c.Delta.Content
			if c.FinishReason != "" {
				reasons[c.Index] = c.FinishReason
			}
		}
	}
	for i, c := range whole.Choices {
		require.Equal(t, c.Message.Content, got[i])
		require.Equal(t, c.FinishReason, reasons[i])
	}
	require.EqualValues(t, 3, h.metric("vllm:request_params_n", ""), "requests of clients")
	require.EqualValues(t, 7, h.metric("vllm:request_success_total", ""), "their answers")
}

func TestChoices_ClientLeaves_AllAreAborted(t *testing.T) {
	t.Parallel()
	h := serve(t)
	// Slow enough that no answer is whole before a busy host sees the client go.
	h.loop.SetFaults(50, false)
	response := h.do("POST", "/v1/completions", fields{"prompt": "a b", "n": 4, "max_tokens": 900, "ignore_eos": true, "stream": true})
	_, err := bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Eventually(t, func() bool { return h.metric("vllm:num_requests_running", "") == 0 }, patience, tick)
	require.Zero(t, h.metric("vllm:request_success_total", ""))
}

func TestStop_CutsTheTextAndNamesWhatStopped(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ask := func(more fields) map[string]any {
		f := fields{"prompt": "count with me", "max_tokens": 60, "ignore_eos": true}
		for k, v := range more {
			f[k] = v
		}
		status, body := h.post("/v1/completions", f)
		require.Equal(t, 200, status)
		return body
	}
	choice := func(body map[string]any) map[string]any { return body["choices"].([]any)[0].(map[string]any) }
	whole := choice(ask(nil))["text"].(string)
	words := strings.Fields(whole)
	stop := words[10] + " " + words[11]
	cut := ask(fields{"stop": stop})
	require.Equal(t, whole[:strings.Index(whole, stop)], choice(cut)["text"])
	require.Equal(t, "stop", choice(cut)["finish_reason"])
	require.Equal(t, stop, choice(cut)["stop_reason"])
	require.Equal(t, float64(len(strings.Fields(whole[:strings.Index(whole, stop)]))+2), cut["usage"].(map[string]any)["completion_tokens"])
	kept := choice(ask(fields{"stop": []string{"no such", stop}, "include_stop_str_in_output": true}))
	require.True(t, strings.HasSuffix(kept["text"].(string), stop))

	_, events := h.events("/v1/completions", fields{"prompt": "count with me", "max_tokens": 60, "ignore_eos": true, "stop": stop, "stream": true})
	streamed := ""
	for _, e := range events {
		streamed += e["choices"].([]any)[0].(map[string]any)["text"].(string)
	}
	require.Equal(t, choice(cut)["text"], streamed)
	last := events[len(events)-1]["choices"].([]any)[0].(map[string]any)
	require.Equal(t, []any{"stop", stop}, []any{last["finish_reason"], last["stop_reason"]})
	require.Nil(t, events[0]["choices"].([]any)[0].(map[string]any)["stop_reason"])
}

func TestLogprobs_HaveTheShapeOfTheirRoute(t *testing.T) {
	t.Parallel()
	h := serve(t)
	_, body := h.post("/v1/completions", fields{"prompt": "a", "max_tokens": 4, "ignore_eos": true, "logprobs": 2})
	choice := body["choices"].([]any)[0].(map[string]any)
	probs := choice["logprobs"].(map[string]any)
	require.Equal(t, choice["text"], strings.Join(strs(probs["tokens"]), ""))
	require.Len(t, probs["token_logprobs"], 4)
	require.Len(t, probs["top_logprobs"].([]any)[0], 3, "the chosen token and two others")
	require.Equal(t, 0.0, probs["text_offset"].([]any)[0])

	request := chatRequest(5)
	request.LogProbs, request.TopLogProbs = true, 3
	chat, err := h.client().CreateChatCompletion(context.Background(), request)
	require.NoError(t, err)
	require.Len(t, chat.Choices[0].LogProbs.Content, 5)
	first := chat.Choices[0].LogProbs.Content[0]
	require.Len(t, first.TopLogProbs, 3)
	require.Equal(t, first.Token, first.TopLogProbs[0].Token)
	require.Equal(t, []byte(first.Token), first.Bytes)
	require.LessOrEqual(t, first.LogProb, 0.0)

	_, events := h.events("/v1/chat/completions", fields{"messages": []fields{{"role": "user", "content": "hi"}}, "max_tokens": 3, "ignore_eos": true, "logprobs": true, "stream": true})
	count := 0
	for _, e := range events {
		for _, c := range e["choices"].([]any) {
			if p, ok := c.(map[string]any)["logprobs"].(map[string]any); ok {
				count += len(p["content"].([]any))
			}
		}
	}
	require.Equal(t, 3, count)
}

func strs(list any) []string {
	var out []string
	for _, v := range list.([]any) {
		out = append(out, v.(string))
	}
	return out
}

func TestAnswer_DependsOnPromptSeedAndPrecisionOnly(t *testing.T) {
	t.Parallel()
	answer := func(h *harness, more fields) string {
		f := fields{"prompt": "tell me", "max_tokens": 400, "ignore_eos": true}
		for k, v := range more {
			f[k] = v
		}
		_, body := h.post("/v1/completions", f)
		return body["choices"].([]any)[0].(map[string]any)["text"].(string)
	}
	base := serve(t)
	fp8 := serve(t, func(c *api.Config) { c.Precision = text.Precision{Weights: perfmodel.WeightsFP8, KV: perfmodel.KVFP8} })
	want := answer(base, nil)
	require.Equal(t, want, answer(serve(t), fields{"temperature": 0.7}))
	require.NotEqual(t, want, answer(base, fields{"seed": 5}))
	require.Equal(t, answer(base, fields{"seed": 5}), answer(base, fields{"seed": 5}))
	require.NotEqual(t, want, answer(serve(t, func(c *api.Config) { c.Seed = 4 }), nil))
	a, b := strings.Fields(want), strings.Fields(answer(fp8, nil))
	different := 0
	for i := range a {
		if a[i] != b[i] {
			different++
		}
	}
	require.InDelta(t, 3, different, 3, "some eight in a thousand")
	require.Equal(t, strings.Join(b, " "), strings.TrimSpace(answer(fp8, nil)))
}

// events reads a stream to its end.
func (h *harness) events(path string, body any) (done bool, events []map[string]any) {
	h.t.Helper()
	response := h.do("POST", path, body)
	require.Equal(h.t, 200, response.StatusCode)
	require.Contains(h.t, response.Header.Get("Content-Type"), "text/event-stream")
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok:
		case data == "[DONE]":
			done = true
		default:
			e := map[string]any{}
			require.NoError(h.t, json.Unmarshal([]byte(data), &e), data)
			events = append(events, e)
		}
	}
	require.NoError(h.t, lines.Err())
	return done, events
}
