package config_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
)

func loadAlertToken(t *testing.T, reference string) (string, error) {
	t.Helper()
	env := func(name string) (string, bool) {
		v, ok := map[string]string{"AM_TOKEN": "s3cret", "NOTHING": ""}[name]
		return v, ok
	}
	s, err := config.LoadServer(config.Source{Args: []string{"--alertmanager-token=" + reference}, Env: env, Output: io.Discard})
	return s.AlertmanagerToken, err
}

func TestSecret_IsReadWhereTheSettingPointsTo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("from a file\n"), 0o600))
	for reference, want := range map[string]string{"env:AM_TOKEN": "s3cret", "file:" + file: "from a file", "": ""} {
		got, err := loadAlertToken(t, reference)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestSecret_BadReference_IsRefusedWithoutRepeatingIt(t *testing.T) {
	t.Parallel()
	_, err := loadAlertToken(t, "hunter2")
	require.ErrorContains(t, err, "--alertmanager-token")
	require.NotContains(t, err.Error(), "hunter2", "it may be the secret itself")
	for _, reference := range []string{"env:MISSING", "env:NOTHING", "file:/does/not/exist", "env:"} {
		_, err := loadAlertToken(t, reference)
		require.Error(t, err, reference)
	}
}

func TestLoadServer_Auth_IsByKeysUnlessOnLoopback(t *testing.T) {
	t.Parallel()
	s, err := config.LoadServer(from(nil))
	require.NoError(t, err)
	require.Equal(t, "keys", s.Auth, "the default asks everybody")
	for _, listen := range []string{"127.0.0.1:8002", "localhost:8002", "[::1]:8002"} {
		s, err := config.LoadServer(from(nil, "--auth=off", "--listen="+listen))
		require.NoError(t, err, listen)
		require.Equal(t, "off", s.Auth)
	}
	const key = "a key that has more than thirty-two characters"
	s, err = config.LoadServer(from(map[string]string{"K": key}, "--bootstrap-key=env:K"))
	require.NoError(t, err)
	require.Equal(t, key, s.BootstrapKey)
}
