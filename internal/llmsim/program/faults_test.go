package program_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/program"
)

func TestFault_OutOfMemoryUnderLoad_EndsTheEngineWithItsWords(t *testing.T) {
	t.Parallel()
	e := launch(t, "-startup", "0s", "-gpu", "L4", "-fault", "oom,usage=0.02")
	e.waitHealthy()
	status, tokens, err := e.complete(3)
	require.NoError(t, err)
	require.Equal(t, []int{200, 3}, []int{status, tokens}, "a small request does no harm")
	failed := make(chan error, 1)
	go func() {
		body := strings.NewReader(`{"prompt":"` + strings.Repeat("word ", 3000) + `","max_tokens":900,"ignore_eos":true}`)
		response, err := http.Post(e.url+"/v1/completions", "application/json", body)
		if err == nil {
			_ = response.Body.Close()
		}
		failed <- err
	}()
	died := <-e.ended
	require.ErrorIs(t, died, program.ErrOutOfMemory)
	require.ErrorContains(t, died, "CUDA out of memory")
	require.Error(t, <-failed, "its connection is cut")
}

func TestFault_CrashFromTheCommandLine_EndsTheEngineWhileItLoads(t *testing.T) {
	t.Parallel()
	e := launch(t, "-startup", "1h", "-fault", "crash,after_seconds=0.01")
	require.ErrorIs(t, <-e.ended, program.ErrCrashed)
}

func TestFault_OfAnotherVariant_HasNoEffect(t *testing.T) {
	t.Parallel()
	e := launch(t, "-startup", "0s", "-fault", "errors,rate=1,variant=stable")
	e.waitHealthy()
	status, _, err := e.complete(1)
	require.NoError(t, err)
	require.Equal(t, 200, status)
}

func TestFault_SlowStart_DelaysServing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "faults.json")
	put(t, file, `[{"kind":"slow-start","seconds":3600}]`)
	e := launch(t, "-startup", "0s", "-faults", file)
	require.Eventually(t, func() bool { return strings.Contains(e.log.String(), "SlowStart:1h0m0s") }, 10*time.Second, 5*time.Millisecond)
	require.Zero(t, e.health())
	e.term()
	require.NoError(t, <-e.ended, "an engine told to stop while it loads ends well")
}

func TestFault_Drift_SlowsStepsMoreAndMore(t *testing.T) {
	t.Parallel()
	// A step of an idle H100 takes some 7 ms; after a second of this drift, 40
	// times as long.
	e := launch(t, "-startup", "0s", "-fault", "drift,per_minute=2400")
	e.waitHealthy()
	seconds := func() float64 {
		began := time.Now()
		_, tokens, err := e.complete(4)
		require.NoError(t, err)
		require.Equal(t, 4, tokens)
		return time.Since(began).Seconds()
	}
	first := seconds()
	require.Eventually(t, func() bool { return seconds() > 2*first }, 30*time.Second, time.Millisecond)
}

func TestFault_MetricsMissingAndCountersReset_ComeAndGo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "faults.json")
	e := launch(t, "-startup", "0s", "-faults", file)
	e.waitHealthy()
	_, _, err := e.complete(5)
	require.NoError(t, err)
	shows := func(want bool, text, why string) {
		t.Helper()
		require.Eventually(t, func() bool { return strings.Contains(e.metrics(), text) == want }, 10*time.Second, 10*time.Millisecond, why)
	}
	series := func(name, value string) string { return name + `{engine="0",model_name="` + model + `"} ` + value }
	shows(true, series("vllm:generation_tokens_total", "5"), "before")
	put(t, file, `[{"kind":"counter-reset"}]`)
	shows(true, series("vllm:generation_tokens_total", "0"), "reset without a restart")
	put(t, file, `[{"kind":"no-metrics","family":"vllm:kv_cache_usage_perc"}]`)
	shows(false, "vllm:kv_cache_usage_perc", "one family is gone")
	shows(true, "vllm:num_requests_running", "the others are not")
	put(t, file, `[{"kind":"no-metrics"}]`)
	shows(true, "404", "the page is gone")
	put(t, file, `[]`)
	shows(true, "vllm:kv_cache_usage_perc", "all is back")
}
