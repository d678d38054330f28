package promql_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/child"
)

// startPrometheus runs Debian's Prometheus on the targets of each job and returns
// its base URL. Without it the test is skipped, unless PROMETHEUS_REQUIRED is set.
func startPrometheus(t *testing.T, jobs map[string][]string) string {
	t.Helper()
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		require.Empty(t, os.Getenv("PROMETHEUS_REQUIRED"), "no prometheus")
		t.Skip("no prometheus (scripts/need prometheus installs it)")
	}
	var config strings.Builder
	config.WriteString("scrape_configs:\n")
	for job, targets := range jobs {
		fmt.Fprintf(&config, "- {job_name: %s, scrape_interval: 500ms, scrape_timeout: 500ms, static_configs: [{targets: [%s]}]}\n",
			job, strings.ReplaceAll(strings.Join(targets, ","), "http://", ""))
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(config.String()), 0o600))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	log := &child.Output{}
	cmd := exec.Command(binary, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return "http://" + address
}
