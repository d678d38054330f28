package program_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	agent "github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// otherEngines are the command lines of engines besides vLLM.
func otherEngines() map[string][]string {
	return map[string][]string{
		"tgi":    {"text-generation-launcher", "--model-id", model, "--hostname", "127.0.0.1", "--port", "0", "--max-total-tokens", "4096"},
		"sglang": {"python3", "-m", "sglang.launch_server", "--model-path", model, "--port", "0", "--enable-metrics"},
	}
}

// chat asks the route that all engines have for n tokens.
func (e *engine) chat(n int) (status int, body string) {
	request := `{"model":"` + model + `","messages":[{"role":"user","content":"tell me"}],"ignore_eos":true,"max_tokens":` + jsonOf(n) + `}`
	response, err := http.Post(e.url+"/v1/chat/completions", "application/json", strings.NewReader(request))
	require.NoError(e.t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(e.t, err)
	return response.StatusCode, string(data)
}

func jsonOf(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}

// families reads a page as the agent does.
func families(t *testing.T, page string) agent.Families {
	t.Helper()
	out, err := scrape.Parse(strings.NewReader(page), "text/plain; version=0.0.4")
	require.NoError(t, err)
	return out
}

// What the agent needs of an engine: it is found healthy, answers, is told from
// its page, says what it is, and ends well.
func TestProgram_EveryEngine_IsWhatTheAgentTakesItFor(t *testing.T) {
	t.Parallel()
	for kind, args := range otherEngines() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			e := launch(t, append([]string{"-startup", "300ms"}, args...)...)
			require.NotEqual(t, 200, e.health(), "it loads")
			e.waitHealthy()
			require.Contains(t, e.log.String(), "SIMULATED engine")
			status, body := e.chat(6)
			require.Equal(t, 200, status, body)
			require.Contains(t, body, `"completion_tokens":6`)

			known := known.Engines()
			reader, err := known.Engine(serving.EngineKind(kind))
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				reading := reader.Read(families(t, e.metrics()))
				return reading.PromptTokens.Or(0) == 4
			}, 10*time.Second, 10*time.Millisecond, "two words and two roles")
			detected, ok := known.Detect(families(t, e.metrics()))
			require.True(t, ok)
			require.Equal(t, serving.EngineKind(kind), detected)
			for _, path := range reader.InfoPaths() {
				response, err := http.Get(e.url + path)
				require.NoError(t, err)
				body, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				require.NoError(t, err)
				info, err := reader.ReadInfo(path, body)
				require.NoError(t, err)
				require.Equal(t, model, info.Model, path)
			}
			e.term()
			require.NoError(t, <-e.ended)
		})
	}
}

func TestProgram_SGLangWithoutMetrics_HasNoPage(t *testing.T) {
	t.Parallel()
	e := launch(t, "-startup", "0s", "sglang", "serve", "--model-path", model, "--port", "0")
	e.waitHealthy()
	require.Contains(t, e.metrics(), "404")
}

func TestProgram_TGIConcurrencyLimit_RefusesWhatIsBeyond(t *testing.T) {
	t.Parallel()
	e := launch(t, append([]string{"-startup", "0s", "-fault", "hang"}, append(otherEngines()["tgi"], "--max-concurrent-requests", "1")...)...)
	e.waitHealthy()
	ctx, leave := context.WithCancel(t.Context())
	defer leave() // or the engine would wait for it at its end
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url+"/generate", strings.NewReader(`{"inputs":"a"}`))
	require.NoError(t, err)
	go func() { // never answered: the engine hangs
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
	}()
	require.Eventually(t, func() bool { return strings.Contains(e.metrics(), "tgi_request_input_length") }, 10*time.Second, 5*time.Millisecond)
	status, body := e.chat(1)
	require.Equal(t, 429, status)
	require.JSONEq(t, `{"error":"Model is overloaded","error_type":"overloaded"}`, body)
}
