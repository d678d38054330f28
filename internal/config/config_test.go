package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
)

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestLoad_Defaults(t *testing.T) {
	var s config.Server
	require.NoError(t, config.Load("server", &s, nil))
	require.Equal(t, ":8002", s.Listen)
	require.Equal(t, 10*time.Second, s.RequestTimeout)
	require.NoError(t, s.Validate())
	networks, err := s.Networks()
	require.NoError(t, err)
	require.Empty(t, networks)
}

func TestLoad_FlagBeatsEnvironmentBeatsFile(t *testing.T) {
	path := file(t, "listen: \":1\"\nlog-level: debug\nstate-dir: from-file\n")
	t.Setenv("PERFAGENT_LISTEN", ":2")
	t.Setenv("PERFAGENT_LOG_LEVEL", "warn")
	var s config.Server
	require.NoError(t, config.Load("server", &s, []string{"--config", path, "--listen", ":3"}))
	require.Equal(t, ":3", s.Listen)
	require.Equal(t, "warn", s.LogLevel)
	require.Equal(t, "from-file", s.StateDir)
}

func TestLoad_FileLists(t *testing.T) {
	path := file(t, "queues: [a, b]\nengine-launcher: [/bin/llmsim, -gpu, H100]\n")
	var w config.Worker
	require.NoError(t, config.Load("worker", &w, []string{"--config", path}))
	require.Equal(t, []string{"a", "b"}, w.Queues)
	require.Equal(t, []string{"/bin/llmsim", "-gpu", "H100"}, w.Launcher)
}

func TestLoad_LauncherFromEnvironment_IsSplitAtBlanks(t *testing.T) {
	t.Setenv("PERFAGENT_ENGINE_LAUNCHER", "/bin/llmsim -gpu H100")
	var w config.Worker
	require.NoError(t, config.Load("worker", &w, nil))
	require.Equal(t, []string{"/bin/llmsim", "-gpu", "H100"}, w.Launcher)
}

func TestLoad_UnknownNameInFile_IsNamed(t *testing.T) {
	var s config.Server
	require.ErrorContains(t, config.Load("server", &s, []string{"--config", file(t, "lisen: \":1\"\n")}), `"lisen"`)
}

func TestValidate_NamesFieldAndFix(t *testing.T) {
	require.ErrorContains(t, config.Server{RequestTimeout: time.Second, AllowedNetworks: nil, RatePerSecond: -1}.Validate(), "rate-per-second")
	require.ErrorContains(t, config.Server{RequestTimeout: time.Second, AllowedNetworks: []string{"ten"}}.Validate(), "10.0.0.0/8")
	require.ErrorContains(t, config.Worker{MaxLoadTests: 1, MaxWatches: 1, Queues: []string{"x"}}.Validate([]string{"a"}), `"x" is unknown`)
	require.ErrorContains(t, config.Worker{MaxWatches: 1}.Validate(nil), "max-load-tests")
	require.NoError(t, config.Worker{MaxLoadTests: 1, MaxWatches: 1}.Validate(nil))
}
