package program_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/child"
)

// A real Prometheus scrapes the engines and says nothing against their pages.
func TestPages_RealPrometheus_ScrapesThemWithoutAWarning(t *testing.T) {
	t.Parallel()
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("no prometheus (scripts/need prometheus installs it)")
	}
	engines := map[string]*engine{"vllm": launch(t, "-startup", "0s")}
	for name, args := range otherEngines() {
		engines[name] = launch(t, append([]string{"-startup", "0s"}, args...)...)
	}
	var jobs strings.Builder
	for name, e := range engines {
		e.waitHealthy()
		_, _, err := e.complete(5)
		require.NoError(t, err)
		fmt.Fprintf(&jobs, "- {job_name: %s, scrape_interval: 200ms, scrape_timeout: 200ms, static_configs: [{targets: [%q]}]}\n", name, strings.TrimPrefix(e.url, "http://"))
	}
	api, log := startPrometheus(t, binary, "scrape_configs:\n"+jobs.String())
	require.Eventually(t, func() bool {
		up := query(api, "up == 1")
		return len(up) == len(engines)
	}, 30*time.Second, 50*time.Millisecond, log.String)
	for metric, job := range map[string]string{"vllm:generation_tokens_total": "vllm", "tgi_request_success": "tgi", "sglang:generation_tokens_total": "sglang"} {
		if engines[job] != nil {
			require.NotEmpty(t, query(api, metric+" > 0"), metric)
		}
	}
	for _, line := range strings.Split(log.String(), "\n") {
		require.False(t, strings.Contains(line, "level=warn") || strings.Contains(line, "level=error"), line)
	}
}

func startPrometheus(t *testing.T, binary, config string) (api string, log *child.Output) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	log = &child.Output{}
	cmd := exec.Command(binary, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return "http://" + address + "/api/v1/query", log
}

// query is what a query finds; nothing while Prometheus is not ready.
func query(api, expression string) []any {
	request, err := http.NewRequest(http.MethodGet, api, nil)
	if err != nil {
		return nil
	}
	q := request.URL.Query()
	q.Set("query", expression)
	request.URL.RawQuery = q.Encode()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	var answer struct {
		Data struct{ Result []any }
	}
	if json.NewDecoder(response.Body).Decode(&answer) != nil {
		return nil
	}
	return answer.Data.Result
}
