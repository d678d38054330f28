package config_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
)

var queues = []string{"main", "watch", "load"}

// from is a source with the given environment and nothing of this process.
func from(env map[string]string, args ...string) config.Source {
	return config.Source{Args: args, Output: &bytes.Buffer{}, Version: "v1.2.3",
		Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
}

func written(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestLoadServer_NothingSet_HasWorkingDefaults(t *testing.T) {
	t.Parallel()
	s, err := config.LoadServer(from(nil))
	require.NoError(t, err)
	require.Equal(t, ":8002", s.Listen)
	require.Equal(t, "sqlite:performance-agent.db", s.DatabaseURL)
	require.Equal(t, "performance-agent-state", s.StateDir)
	require.Equal(t, 10*time.Second, s.RequestTimeout)
	require.Equal(t, 50.0, s.RatePerSecond)
	require.Empty(t, s.AllowedNetworks)
	require.Empty(t, s.EngineLauncher)
	require.Equal(t, "info", s.LogLevel)
}

func TestLoadWorker_NothingSet_ServesEveryQueue(t *testing.T) {
	t.Parallel()
	w, err := config.LoadWorker(from(nil), queues)
	require.NoError(t, err)
	require.Equal(t, queues, w.Queues)
	require.Equal(t, 15*time.Minute, w.EngineStartTimeout)
	require.Equal(t, 720*time.Hour, w.Retention)
	require.Equal(t, []time.Duration{48 * time.Hour, 14 * 24 * time.Hour, 400 * 24 * time.Hour},
		[]time.Duration{w.RawRetention, w.MinuteRetention, w.HourRetention})
	w.Queues[0] = "changed"
	require.Equal(t, "main", queues[0], "the caller's list is its own")
}

func TestLoad_FlagBeatsVariableBeatsFileBeatsDefault(t *testing.T) {
	t.Parallel()
	file := written(t, "listen: :1\nrequest_timeout: 3s\nlog-level: debug\nburst: 7\n")
	env := map[string]string{"PERFAGENT_CONFIG": file, "PERFAGENT_LISTEN": ":2", "PERFAGENT_REQUEST_TIMEOUT": "4s"}
	s, err := config.LoadServer(from(env, "--listen", ":3"))
	require.NoError(t, err)
	require.Equal(t, ":3", s.Listen, "flag")
	require.Equal(t, 4*time.Second, s.RequestTimeout, "variable")
	require.Equal(t, "debug", s.LogLevel, "file")
	require.Equal(t, 7, s.Burst, "file")
	require.Equal(t, 50.0, s.RatePerSecond, "default")
}

func TestLoad_ProcessEnvironment_IsNotRead(t *testing.T) {
	t.Setenv("PERFAGENT_LISTEN", ":9")
	s, err := config.LoadServer(from(nil))
	require.NoError(t, err)
	require.Equal(t, ":8002", s.Listen)
}

func TestLoad_EmptyVariable_CountsAsUnset(t *testing.T) {
	t.Parallel()
	s, err := config.LoadServer(from(map[string]string{"PERFAGENT_LISTEN": ""}))
	require.NoError(t, err)
	require.Equal(t, ":8002", s.Listen)
}

func TestLoad_ConfigFlag_BeatsItsVariable(t *testing.T) {
	t.Parallel()
	env := map[string]string{"PERFAGENT_CONFIG": "/does/not/exist"}
	for _, args := range [][]string{
		{"--config", written(t, "listen: :5")},
		{"--config=" + written(t, "listen: :5")},
	} {
		s, err := config.LoadServer(from(env, args...))
		require.NoError(t, err)
		require.Equal(t, ":5", s.Listen)
	}
}

func TestLoad_Lists_AreReadFromEverySource(t *testing.T) {
	t.Parallel()
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	file := written(t, "allowed-networks:\n  - 10.0.0.0/8\n  - fd00::/8\nengine-launcher: [nice, -n, 5]\n")
	for name, src := range map[string]config.Source{
		"flag":           from(nil, "--allowed-networks=10.0.0.0/8,fd00::/8", "--engine-launcher=nice -n 5"),
		"repeated flag":  from(nil, "--allowed-networks=10.0.0.0/8", "--allowed-networks=fd00::/8", "--engine-launcher=nice  -n 5"),
		"variable":       from(map[string]string{"PERFAGENT_ALLOWED_NETWORKS": "10.0.0.0/8,fd00::/8", "PERFAGENT_ENGINE_LAUNCHER": "nice -n 5"}),
		"file":           from(nil, "--config", file),
		"file, as text":  from(nil, "--config", written(t, "allowed_networks: 10.0.0.0/8,fd00::/8\nengine_launcher: nice -n 5\n")),
		"variable beats": from(map[string]string{"PERFAGENT_ALLOWED_NETWORKS": "10.0.0.0/8,fd00::/8", "PERFAGENT_CONFIG": file}),
	} {
		s, err := config.LoadServer(src)
		require.NoError(t, err, name)
		require.Equal(t, want, s.AllowedNetworks, name)
		require.Equal(t, []string{"nice", "-n", "5"}, s.EngineLauncher, name)
	}
}

func TestLoadWorker_QueuesAreChosenFromThoseThatExist(t *testing.T) {
	t.Parallel()
	w, err := config.LoadWorker(from(map[string]string{"PERFAGENT_QUEUES": "load,watch"}), queues)
	require.NoError(t, err)
	require.Equal(t, []string{"load", "watch"}, w.Queues)

	_, err = config.LoadWorker(from(nil, "--queues=load,lood"), queues)
	require.EqualError(t, err, `--queues (PERFAGENT_QUEUES): "lood" is no task queue: choose from main, watch, load`)
}

func TestLoad_OtherProgramsVariables_AreNoError(t *testing.T) {
	t.Parallel()
	env := map[string]string{"PERFAGENT_LISTEN": ":2", "PERFAGENT_QUEUES": "load"}
	_, err := config.LoadWorker(from(env), queues)
	require.NoError(t, err, "server and worker are often given one environment")
	_, err = config.LoadServer(from(env))
	require.NoError(t, err)
}

func TestLoad_HelpAndVersion_ArePrintedAndNothingElseHappens(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"--help", "--version"} {
		src := from(map[string]string{"PERFAGENT_ADVISOR_KEY": "s3cret", "PERFAGENT_MAX_LOAD_TESTS": "0"}, arg)
		_, err := config.LoadWorker(src, queues)
		require.ErrorIs(t, err, config.ErrPrinted)
		out := src.Output.(*bytes.Buffer).String()
		if arg == "--help" {
			require.Contains(t, out, "$PERFAGENT_DATABASE_URL")
			require.Contains(t, out, "--queues")
			require.NotContains(t, out, "s3cret")
		} else {
			require.Equal(t, "v1.2.3\n", out)
		}
	}
}
