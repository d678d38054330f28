package loadgen_test

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// abruptly cuts the connection of a request.
func abruptly(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

func TestSteady_BrokenAnswers_AreErrorsByKind(t *testing.T) {
	t.Parallel()
	// Only the cases that wait for it have a short timeout: a busy host must not
	// make others time out.
	timeouts := map[string]float64{loadgen.KindTimeout: 2}
	cases := map[string]struct {
		kind   string
		answer func(http.ResponseWriter, *http.Request)
	}{
		"status 500": {"http_500", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "oops", http.StatusInternalServerError)
		}},
		"redirect": {"http_307", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}},
		"stream ends before DONE": {loadgen.KindCut, func(w http.ResponseWriter, _ *http.Request) {
			sendToken(w)
			sendToken(w)
		}},
		"connection cut in the stream": {loadgen.KindCut, func(w http.ResponseWriter, _ *http.Request) {
			sendToken(w)
			abruptly(w)
		}},
		"connection cut before the answer": {loadgen.KindNoAnswer, func(w http.ResponseWriter, _ *http.Request) {
			abruptly(w)
		}},
		"error in the stream": {loadgen.KindEngine, func(w http.ResponseWriter, _ *http.Request) {
			sendToken(w)
			sendData(w, `{"error":{"message":"EngineCore died","code":500}}`)
			sendData(w, "[DONE]")
		}},
		"error in place of the first token": {loadgen.KindEngine, func(w http.ResponseWriter, _ *http.Request) {
			sendData(w, `{"error":{"message":"no"}}`)
		}},
		"request aborted": {loadgen.KindEngine, func(w http.ResponseWriter, _ *http.Request) {
			sendToken(w)
			sendData(w, `{"choices":[{"delta":{"content":""},"finish_reason":"abort"}]}`)
			sendData(w, "[DONE]")
		}},
		"not a stream": {loadgen.KindCut, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"choices":[{"delta":{"content":"all at once"}}]}`))
		}},
		"not JSON": {loadgen.KindMalformed, func(w http.ResponseWriter, _ *http.Request) {
			sendData(w, "<html>")
		}},
		"whole but empty": {loadgen.KindEmpty, func(w http.ResponseWriter, _ *http.Request) {
			sendUsage(w, 4, 0)
			sendData(w, "[DONE]")
		}},
		"stalls for ever": {loadgen.KindTimeout, func(w http.ResponseWriter, r *http.Request) {
			sendToken(w)
			<-r.Context().Done()
		}},
		"never answers": {loadgen.KindTimeout, func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &fakeEngine{answer: func(w http.ResponseWriter, r *http.Request, n int) bool {
				if n != 2 {
					return false
				}
				c.answer(w, r)
				return true
			}}
			spec := serving.LoadSpec{Workload: workload(50, 4, 3), MaxRequests: 6, Seed: 1, RequestTimeoutSeconds: timeouts[c.kind]}

			got, err := patient().Steady(t.Context(), e.start(t), "m", spec, nil)

			require.NoError(t, err)
			require.Equal(t, 6, got.Requests)
			require.Equal(t, 1, got.Errors)
			require.Equal(t, map[string]int{c.kind: 1}, got.ErrorKinds)
			require.Equal(t, 5, got.Good, "a broken answer is never good")
			require.Equal(t, 5, got.E2E.Count)
			require.Equal(t, 3.0, got.MeanOutputTokens, "tokens are those of whole answers")
			require.Len(t, e.requests(), 6, "nothing is retried")
		})
	}
}

func TestSteady_NobodyListens_IsUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	spec := serving.LoadSpec{Workload: workload(100, 4, 2), MaxRequests: 5, Seed: 1}

	got, err := patient().Steady(t.Context(), address, "m", spec, nil)

	require.ErrorIs(t, err, loadgen.ErrUnreachable)
	require.Equal(t, 5, got.ErrorKinds[loadgen.KindConnect])

	ladder := serving.LadderSpec{Base: spec, StepSeconds: 0.2}
	_, err = patient().Ladder(t.Context(), address, "m", ladder, nil)
	require.ErrorIs(t, err, loadgen.ErrUnreachable)
}

func TestSteady_OddButWholeStreams_AreRead(t *testing.T) {
	t.Parallel()
	const token = `{"choices":[{"delta":{"content":" x"}}]}`
	cases := map[string]struct {
		body   string
		tokens float64
		gaps   bool // whether time between tokens can be told
	}{
		"without usage, every content event is a token": {
			"data: " + token + "\n\ndata: " + token + "\n\ndata: " + token + "\n\ndata: [DONE]\n\n", 3, true},
		"comments, other fields, CRLF and no space after the colon": {
			": ping\r\n\r\nevent: message\r\nid: 7\r\ndata:" + token + "\r\n\r\ndata:" + token + "\r\n\r\ndata:[DONE]\r\n\r\n", 2, true},
		"an empty first event and a finish without text": {
			`data: {"choices":[{"delta":{"content":""}}]}` + "\n\ndata: " + token + "\n\n" +
				`data: {"choices":[{"delta":{"content":""},"finish_reason":"length"}]}` + "\n\ndata: [DONE]\n\n", 1, false},
		"several tokens in an event, as the usage tells": {
			"data: " + token + "\n\n" + `data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":8}}` + "\n\ndata: [DONE]\n\n", 8, false},
		"an event longer than the read buffer": {
			"data: " + token + "\n\n" + `data: {"choices":[{"delta":{"content":"` + strings.Repeat("y", 30_000) + `"}}]}` + "\n\ndata: [DONE]\n\n", 2, true},
		"no newline after DONE": {"data: " + token + "\n\ndata: [DONE]", 1, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &fakeEngine{answer: func(w http.ResponseWriter, _ *http.Request, _ int) bool {
				_, _ = w.Write([]byte(c.body))
				return true
			}}
			spec := serving.LoadSpec{Workload: workload(100, 4, 2), MaxRequests: 3, Seed: 1}

			got, err := patient().Steady(t.Context(), e.start(t), "m", spec, nil)

			require.NoError(t, err)
			require.Empty(t, got.ErrorKinds)
			require.Equal(t, c.tokens, got.MeanOutputTokens)
			require.Equal(t, c.gaps, got.ITL.Count == 3)
			require.Equal(t, !c.gaps, got.ITL.Count == 0)
		})
	}
}
