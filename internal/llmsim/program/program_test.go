package program_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/child"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/llmsim/program"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const model = "meta-llama/Llama-3.1-8B-Instruct"

// engine is a program that runs in this process.
type engine struct {
	t     *testing.T
	url   string
	log   *child.Output
	term  context.CancelFunc // SIGTERM
	ended chan error         // what Run returned
}

func launch(t *testing.T, args ...string) *engine {
	t.Helper()
	e := &engine{t: t, log: &child.Output{}, ended: make(chan error, 1)}
	if !strings.Contains(strings.Join(args, " "), model) {
		args = append(args, "vllm", "serve", model, "--host", "127.0.0.1", "--port", "0", "--max-model-len", "4096")
	}
	options, err := program.ParseOptions(args, "canary", e.log)
	require.NoError(t, err)
	p, err := program.New(options, slog.New(slog.NewTextHandler(e.log, nil)))
	require.NoError(t, err)
	socket, err := p.Bind()
	require.NoError(t, err)
	e.url = "http://" + socket.Addr().String()
	ctx, term := context.WithCancel(context.Background())
	e.term = term
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		e.ended <- p.Run(ctx, socket)
	}()
	t.Cleanup(func() {
		term()
		<-finished
	})
	return e
}

func (e *engine) health() int {
	response, err := http.Get(e.url + "/health")
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

func (e *engine) waitHealthy() {
	e.t.Helper()
	require.Eventually(e.t, func() bool { return e.health() == 200 }, 10*time.Second, 5*time.Millisecond)
}

// complete asks for n tokens and returns the status and how many came.
func (e *engine) complete(n int) (status, tokens int, err error) {
	body := fmt.Sprintf(`{"prompt":"tell me","max_tokens":%d,"ignore_eos":true}`, n)
	response, err := http.Post(e.url+"/v1/completions", "application/json", strings.NewReader(body))
	if err != nil {
		return 0, 0, err
	}
	defer response.Body.Close()
	var answer struct {
		Usage struct {
			Completion int `json:"completion_tokens"`
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return response.StatusCode, 0, err
	}
	return response.StatusCode, answer.Usage.Completion, nil
}

func (e *engine) metrics() string {
	response, err := http.Get(e.url + "/metrics")
	require.NoError(e.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(e.t, err)
	return string(body)
}

func TestProgram_Start_LoadsThenServesAndSaysWhatItIs(t *testing.T) {
	t.Parallel()
	e := launch(t, "-startup", "300ms")
	require.Zero(t, e.health(), "the connection is refused")
	e.waitHealthy()
	require.Contains(t, e.log.String(), "SIMULATED engine")
	require.Contains(t, e.log.String(), "GPU KV cache size: ")
	status, tokens, err := e.complete(5)
	require.NoError(t, err)
	require.Equal(t, []int{200, 5}, []int{status, tokens})
}

func TestProgram_Term_FinishesRunningRequestsAndEndsWell(t *testing.T) {
	t.Parallel()
	e := launch(t, "-startup", "0s")
	e.waitHealthy()
	type result struct {
		tokens int
		err    error
	}
	results := make(chan result, 4)
	for range 4 {
		go func() {
			_, tokens, err := e.complete(100)
			results <- result{tokens, err}
		}()
	}
	require.Eventually(t, func() bool {
		return strings.Contains(e.metrics(), "vllm:num_requests_running{engine=\"0\",model_name=\""+model+"\"} 4")
	},
		10*time.Second, 5*time.Millisecond)
	e.term()
	for range 4 {
		require.Equal(t, result{tokens: 100}, <-results)
	}
	require.NoError(t, <-e.ended)
	require.Zero(t, e.health(), "the port is closed")
}

func TestProgram_CrashFault_EndsAtOnceWithAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "faults.json")
	e := launch(t, "-startup", "0s", "-faults", file)
	e.waitHealthy()
	failed := make(chan error, 1)
	go func() {
		_, _, err := e.complete(4000) // takes far longer than the crash
		failed <- err
	}()
	put(t, file, `[{"variant":"canary","kind":"crash","after_seconds":0.05}]`)
	require.ErrorIs(t, <-e.ended, program.ErrCrashed)
	require.Error(t, <-failed, "its connection is cut")
}

func TestProgram_Faults_ComeAndGoWhileItRuns(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "faults.json")
	e := launch(t, "-startup", "0s", "-faults", file)
	e.waitHealthy()
	becomes := func(want int, why string) {
		t.Helper()
		require.Eventually(t, func() bool {
			status, _, _ := e.complete(1)
			return status == want
		}, 10*time.Second, 10*time.Millisecond, why)
	}
	becomes(200, "healthy without a file")
	put(t, file, `[{"variant":"canary","kind":"errors","rate":1},{"variant":"canary","kind":"crash","after_seconds":3600}]`)
	becomes(500, "every request fails")
	require.Equal(t, 200, e.health())
	put(t, file, `[{"variant":"stable","kind":"errors","rate":1}]`)
	becomes(200, "the faults of another variant")
}

func put(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", []byte(content), 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

func TestMain_WhatVLLMWouldRefuse_DoesNotStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code int
		says string
		args []string
	}{
		"weights do not fit":       {1, "ValueError", []string{"-gpu", "L4", "vllm", "serve", "meta-llama/Llama-3.1-70B-Instruct"}},
		"no room for the cache":    {1, "KV cache", []string{"-gpu", "L4", "vllm", "serve", model}},
		"memory share too small":   {1, "--gpu-memory-utilization", []string{"vllm", "serve", model, "--gpu-memory-utilization", "0.2"}},
		"slots above token budget": {1, "--max-num-batched-tokens", []string{"vllm", "serve", model, "--max-num-seqs", "512", "--max-num-batched-tokens", "256"}},
		"budget below a prompt":    {1, "--max-num-batched-tokens", []string{"vllm", "serve", model, "--no-enable-chunked-prefill", "--max-num-batched-tokens", "2048"}},
		"more GPUs than there are": {1, "--tensor-parallel-size", []string{"vllm", "serve", model, "-tp", "2"}},
		"unknown model":            {1, "ValueError", []string{"vllm", "serve", "nobody/nothing"}},
		"unknown GPU":              {1, "ValueError", []string{"-gpu", "Voodoo", "vllm", "serve", model}},
		"no engine":                {2, "not the command line of an engine", []string{"python", "-m", "http.server"}},
		"a fault that is none":     {2, "unknown kind", []string{"-fault", "melt", "vllm", "serve", model}},
		"startup is no time":       {2, "invalid value", []string{"-startup", "soon", "vllm", "serve", model}},
		"no model":                 {2, "no model", []string{"vllm", "serve"}},
		"no command line":          {2, "missing", []string{"-gpu", "H100"}},
		"port is no number":        {2, "--port", []string{"vllm", "serve", model, "--port", "http"}},
		"option of its own":        {2, "flag provided but not defined", []string{"-cpu", "9", "vllm", "serve", model}},
		"help":                     {0, "SIMULATED", []string{"-h"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &child.Output{}
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			require.Equal(t, c.code, program.Main(ctx, append([]string{}, c.args...), "", log), log.String())
			require.Contains(t, log.String(), c.says)
			if c.code == 1 {
				require.Contains(t, log.String(), "simulated")
			}
		})
	}
}

func TestMain_PortInUse_IsAFailure(t *testing.T) {
	t.Parallel()
	e := launch(t, "-startup", "0s")
	e.waitHealthy()
	log := &child.Output{}
	port := e.url[strings.LastIndex(e.url, ":")+1:]
	require.Equal(t, 1, program.Main(context.Background(), []string{"vllm", "serve", model, "--host", "127.0.0.1", "--port", port}, "", log))
	require.Contains(t, log.String(), "in use")
}

func TestMain_ContextEnds_ExitsWithZero(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.Zero(t, program.Main(ctx, []string{"vllm", "serve", model, "--host=127.0.0.1", "--port=0", "--unheard-of", "1"}, "", io.Discard))
}

func TestParseOptions_RenderedCommandLine_ComesBack(t *testing.T) {
	t.Parallel()
	config := serving.EngineConfig{Engine: serving.VLLM, Version: "0.20.1", Model: model}.
		With("--max-num-seqs", "128").With("--enforce-eager", "").With("--stream-interval", "4")
	args := append([]string{"-gpu", "A100-80", "-gpus", "2", "-seed", "7", "-startup", "2s", "-faults", "f.json"},
		vllm.New().CommandLine(config, "127.0.0.1", 8123)...)
	options, err := program.ParseOptions(args, "stable", io.Discard)
	require.NoError(t, err)
	require.True(t, config.Equal(options.Config), "%v", options.Config)
	options.Config = serving.EngineConfig{}
	require.Equal(t, program.Options{
		Hardware: serving.Hardware{GPU: "A100-80", GPUs: 2}, Startup: 2 * time.Second, Faults: "f.json", Seed: 7,
		Variant: "stable", Host: "127.0.0.1", Port: 8123,
	}, options)
}

// page starts an engine with more flags and returns its metrics and its log.
func page(t *testing.T, flags ...string) (metrics, log string) {
	t.Helper()
	options, err := program.ParseOptions(append([]string{"-startup", "0s", "vllm", "serve", model, "--port", "0", "--host", "127.0.0.1"}, flags...), "", io.Discard)
	require.NoError(t, err)
	out := &child.Output{}
	p, err := program.New(options, slog.New(slog.NewTextHandler(out, nil)))
	require.NoError(t, err)
	socket, err := p.Bind()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, socket) }()
	e := &engine{t: t, url: "http://" + socket.Addr().String()}
	e.waitHealthy()
	body := e.metrics()
	cancel()
	require.NoError(t, <-ended)
	return body, out.String()
}

func TestProgram_Flags_ShowInItsMetrics(t *testing.T) {
	t.Parallel()
	metrics, log := page(t, "--served-model-name", "short", "--kv-cache-dtype", "fp8", "--foo", "1")
	require.Contains(t, metrics, `model_name="short"`)
	require.Contains(t, metrics, `cache_dtype="fp8"`)
	require.Contains(t, log, "flag is not modelled and has no effect")
	require.Contains(t, log, "--foo")
}

func TestProgram_DisableLogStats_RemovesTheEnginesMetrics(t *testing.T) {
	t.Parallel()
	metrics, _ := page(t, "--disable-log-stats")
	require.NotContains(t, metrics, "vllm:")
	require.Contains(t, metrics, "process_start_time_seconds")
}
