package config_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
)

func TestReference_HasEverySettingOnceWithItsHelp(t *testing.T) {
	t.Parallel()
	server, err := config.ServerReference()
	require.NoError(t, err)
	worker, err := config.WorkerReference()
	require.NoError(t, err)
	for _, list := range [][]config.Setting{server, worker} {
		seen := map[string]bool{}
		for _, s := range list {
			require.False(t, seen[s.Flag], s.Flag)
			seen[s.Flag] = true
			require.NotEmpty(t, s.Help, s.Flag)
			require.Regexp(t, `^PERFAGENT_[A-Z_]+$`, s.Variable)
		}
	}
	i := slices.IndexFunc(server, func(s config.Setting) bool { return s.Flag == "--listen" })
	require.Equal(t, config.Setting{Flag: "--listen", Variable: "PERFAGENT_LISTEN", Default: ":8002",
		Help: "Address the API listens on."}, server[i])
	require.True(t, slices.ContainsFunc(worker, func(s config.Setting) bool { return s.Flag == "--build-id" }))
	require.False(t, slices.ContainsFunc(server, func(s config.Setting) bool { return s.Flag == "--build-id" }))
}
