package loadgen_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// polyglot answers in the form of each engine's own routes, word by word, and
// records the bodies.
type polyglot struct {
	cut bool // leave out the end of the answer

	mu     sync.Mutex
	bodies []map[string]any
}

func (p *polyglot) start(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	return server.URL
}

func (p *polyglot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	p.mu.Lock()
	p.bodies = append(p.bodies, body)
	p.mu.Unlock()
	write := map[string]func(http.ResponseWriter, map[string]any){"/generate_stream": p.tgi, "/generate": p.sglang,
		"/v1/completions": p.completions, "/v1/chat/completions": p.chat}[r.URL.Path]
	if write == nil {
		http.NotFound(w, r)
		return
	}
	write(w, body)
}

func (p *polyglot) received() []map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]map[string]any(nil), p.bodies...)
}

func (p *polyglot) tgi(w http.ResponseWriter, body map[string]any) {
	n := int(body["parameters"].(map[string]any)["max_new_tokens"].(float64))
	for i := 1; i <= n; i++ {
		tail := `"generated_text":null,"details":null`
		if i == n && !p.cut {
			tail = fmt.Sprintf(`"generated_text":"all of it","details":{"finish_reason":"length","generated_tokens":%d,"input_length":%d}`,
				n, len(strings.Fields(body["inputs"].(string))))
		}
		sendData(w, fmt.Sprintf(`{"index":%d,"token":{"id":%d,"text":" a\"%d","logprob":-1,"special":false},%s}`, i, i, i, tail))
	}
}

func (p *polyglot) sglang(w http.ResponseWriter, body map[string]any) {
	n := int(body["sampling_params"].(map[string]any)["max_new_tokens"].(float64))
	text := ""
	for i := 1; i <= n; i++ {
		text += fmt.Sprintf(` a\"%d`, i)
		finish := "null"
		if i == n {
			finish = `{"type":"length","length":1}`
		}
		sendData(w, fmt.Sprintf(`{"text":"%s","meta_info":{"id":"x","finish_reason":%s,"prompt_tokens":%d,"completion_tokens":%d}}`,
			text, finish, len(strings.Fields(body["text"].(string))), i))
	}
	p.done(w)
}

func (p *polyglot) completions(w http.ResponseWriter, body map[string]any) {
	n := int(body["max_tokens"].(float64))
	for i := 1; i <= n; i++ {
		sendData(w, fmt.Sprintf(`{"choices":[{"index":0,"text":" a\"%d","finish_reason":null}]}`, i))
	}
	sendUsage(w, len(strings.Fields(body["prompt"].(string))), n)
	p.done(w)
}

func (p *polyglot) chat(w http.ResponseWriter, body map[string]any) {
	n, words := int(body["max_tokens"].(float64)), 0
	for _, m := range body["messages"].([]any) {
		words += len(strings.Fields(m.(map[string]any)["content"].(string)))
	}
	for i := 1; i <= n; i++ {
		field := "content"
		if i == 1 {
			field = "reasoning" // models that think say so first
		}
		sendData(w, fmt.Sprintf(`{"choices":[{"index":0,"delta":{"%s":" a\"%d"},"finish_reason":null}]}`, field, i))
	}
	sendUsage(w, words, n)
	p.done(w)
}

func (p *polyglot) done(w http.ResponseWriter) {
	if !p.cut {
		sendData(w, "[DONE]")
	}
}

var protocols = []string{"", serving.ProtocolChat, serving.ProtocolCompletions, serving.ProtocolTGI, serving.ProtocolSGLang}

func TestSteady_AnyProtocol_ReadsWholeAnswers(t *testing.T) {
	t.Parallel()
	for _, name := range protocols {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &polyglot{}
			spec := serving.LoadSpec{Workload: workload(200, 12, 5), MaxRequests: 6, Seed: 1, Protocol: name}

			got, err := patient().Steady(t.Context(), p.start(t), "m", spec, nil)

			require.NoError(t, err)
			require.Empty(t, got.ErrorKinds)
			require.Equal(t, 6, got.Good)
			require.Equal(t, 5.0, got.MeanOutputTokens)
			require.Equal(t, 12.0, got.MeanPromptTokens)
			require.Equal(t, 6, got.TTFT.Count)
			require.Equal(t, 6*4, got.TokenGaps.Count, "the usage at the end is no token")
		})
	}
}

func TestSteady_AnyProtocol_CutAnswersAreErrors(t *testing.T) {
	t.Parallel()
	for _, name := range protocols {
		p := &polyglot{cut: true}
		spec := serving.LoadSpec{Workload: workload(500, 12, 5), MaxRequests: 3, Seed: 1, Protocol: name}
		got, err := patient().Steady(t.Context(), p.start(t), "m", spec, nil)
		require.NoError(t, err)
		require.Equal(t, map[string]int{loadgen.KindCut: 3}, got.ErrorKinds, name)
		require.Nil(t, got.TokenGaps, "gaps of whole answers only")
	}
}

func TestSteady_AnyProtocol_ErrorsInTheStreamAreTheEngines(t *testing.T) {
	t.Parallel()
	for _, name := range protocols {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			sendData(w, `{"error":"Request failed during generation","error_type":"generation"}`)
		}))
		t.Cleanup(server.Close)
		spec := serving.LoadSpec{Workload: workload(500, 12, 5), MaxRequests: 2, Seed: 1, Protocol: name}
		got, err := patient().Steady(t.Context(), server.URL, "m", spec, nil)
		require.NoError(t, err)
		require.Equal(t, map[string]int{loadgen.KindEngine: 2}, got.ErrorKinds, name)
	}
}

func TestSteady_OwnRoutes_AskForExactlyTheWork(t *testing.T) {
	t.Parallel()
	ask := func(protocol string) map[string]any {
		p := &polyglot{}
		spec := serving.LoadSpec{Workload: workload(500, 9, 3), MaxRequests: 1, Seed: 1, Protocol: protocol}
		_, err := patient().Steady(t.Context(), p.start(t), "m", spec, nil)
		require.NoError(t, err)
		return p.received()[0]
	}
	tgi := ask(serving.ProtocolTGI)
	require.Len(t, strings.Fields(tgi["inputs"].(string)), 9)
	require.Equal(t, map[string]any{"max_new_tokens": 3.0, "do_sample": false, "details": true}, tgi["parameters"])
	sglang := ask(serving.ProtocolSGLang)
	require.Equal(t, map[string]any{"max_new_tokens": 3.0, "temperature": 0.0, "ignore_eos": true}, sglang["sampling_params"])
	require.Equal(t, true, sglang["stream"])
	completions := ask(serving.ProtocolCompletions)
	require.Equal(t, "m", completions["model"])
	require.Equal(t, true, completions["ignore_eos"])
}

func TestSession_LaterTurns_CarryTheConversation(t *testing.T) {
	t.Parallel()
	for _, name := range protocols {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &polyglot{}
			w := workload(2, 8, 2)
			w.Sessions = &serving.Sessions{Turns: fixed(3)}
			// One session, due after 1.5 s, and as long for its turns.
			spec := serving.LoadSpec{Workload: w, MaxRequests: 1, DurationSeconds: 60, Seed: 1, Protocol: name}

			got, err := patient().Steady(t.Context(), p.start(t), "m", spec, nil)

			require.NoError(t, err)
			require.Equal(t, 3, got.Requests)
			require.Empty(t, got.ErrorKinds)
			var texts []string
			for _, b := range p.received() {
				texts = append(texts, conversation(b))
			}
			require.Len(t, texts, 3)
			for i := range 2 {
				require.True(t, strings.HasPrefix(texts[i+1], texts[i]+"|"), "%q goes on with %q", texts[i+1], texts[i])
				answer, _, _ := strings.Cut(strings.TrimPrefix(texts[i+1], texts[i]+"|"), "|")
				require.Equal(t, ` a"1 a"2`, answer, "the answer as the engine wrote it")
			}
			// 8 words; 8 and the answer's 2 and 8; once more 2 and 8.
			require.Equal(t, (8+18+28)/3.0, got.MeanPromptTokens)
		})
	}
}

// conversation is what a request says, its parts divided by bars.
func conversation(body map[string]any) string {
	for _, field := range []string{"inputs", "text", "prompt"} {
		if text, ok := body[field].(string); ok {
			return strings.ReplaceAll(text, "\n", "|")
		}
	}
	var parts []string
	for _, m := range body["messages"].([]any) {
		parts = append(parts, m.(map[string]any)["content"].(string))
	}
	return strings.Join(parts, "|")
}

func TestSession_BrokenAnswer_EndsIt(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{answer: func(w http.ResponseWriter, _ *http.Request, n int) bool {
		http.Error(w, "no", http.StatusInternalServerError)
		return true
	}}
	w := workload(100, 8, 2)
	w.Sessions = &serving.Sessions{Turns: fixed(5)}
	got, err := patient().Steady(t.Context(), e.start(t), "m",
		serving.LoadSpec{Workload: w, MaxRequests: 2 * 5, DurationSeconds: 60, Seed: 1}, nil)
	require.NoError(t, err)
	require.Equal(t, 2, got.Requests, "nobody goes on with a conversation that broke")
}

func TestSession_EndOfTheWindow_EndsIt(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{}
	w := workload(100, 8, 2)
	w.Sessions = &serving.Sessions{Turns: fixed(50), ThinkSeconds: 3600}
	got, err := patient().Steady(t.Context(), e.start(t), "m",
		serving.LoadSpec{Workload: w, DurationSeconds: 6, MaxRequests: 1, Seed: 1}, nil)
	require.NoError(t, err)
	require.Equal(t, 1, got.Requests)
}
