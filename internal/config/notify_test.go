package config_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
)

func loadNotify(t *testing.T, args ...string) (config.Worker, error) {
	t.Helper()
	env := func(name string) (string, bool) {
		v, ok := map[string]string{"SLACK": "https://hooks.example/T/S3CRET", "ODD": "ftp://S3CRET", "KEY": "k"}[name]
		return v, ok
	}
	return config.LoadWorker(config.Source{Args: args, Env: env, Output: io.Discard}, []string{"q"})
}

func TestNotify_TargetsOfAllFleetsAndOfOne_ByReference(t *testing.T) {
	t.Parallel()
	w, err := loadNotify(t, "--notify=oncall=slack:env:SLACK", "--notify=chat/team=webhook:env:SLACK", "--notify-signing-key=env:KEY")
	require.NoError(t, err)
	require.Equal(t, []config.NotifyTarget{{Name: "oncall", Kind: "slack", URL: "https://hooks.example/T/S3CRET"},
		{Name: "chat/team", Fleet: "chat", Kind: "webhook", URL: "https://hooks.example/T/S3CRET"}}, w.NotifyTargets)
	require.Equal(t, "k", w.NotifySigningKey)
}

func TestNotify_Mistakes_AreNamedWithoutTheAddress(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--notify=oncall"}, {"--notify=oncall=slack"}, {"--notify=oncall=pager:env:SLACK"}, {"--notify=oncall=slack:https://hooks/S3CRET"},
		{"--notify=oncall=slack:env:NONE"}, {"--notify=oncall=slack:env:ODD"}, {"--notify-signing-key=S3CRET"},
		{"--notify=a=slack:env:SLACK", "--notify=a=webhook:env:SLACK"},
	} {
		_, err := loadNotify(t, args...)
		require.ErrorContains(t, err, "--notify", "%v", args)
		require.NotContains(t, err.Error(), "S3CRET")
	}
}
