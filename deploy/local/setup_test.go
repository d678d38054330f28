package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestSetups_EveryStartOfEveryEngine_IsOneThatTheEngineTakes(t *testing.T) {
	t.Parallel()
	require.Len(t, setups(), 3)
	for kind, u := range setups() {
		e, err := known.Engines().Engine(kind)
		require.NoError(t, err)
		for name, flags := range map[string][]string{"mistuned": u.mistuned, "defaults": u.defaults, "tuned": u.tuned} {
			config, err := u.config(flags)
			require.NoError(t, err, "%s %s", kind, name)
			require.Equal(t, kind, config.Engine)
			require.Equal(t, model, config.Model)
			require.Empty(t, e.Validate(config, serving.Hardware{GPU: gpu, GPUs: 1}), "%s %s", kind, name)
			require.Empty(t, e.Catalogue().Unknown(config), "%s %s", kind, name)
			m, err := perfmodel.New(config, serving.Hardware{GPU: gpu, GPUs: 1})
			require.NoError(t, err, "%s %s", kind, name)
			t.Logf("%s %s: %d tokens of KV cache", kind, name, m.KVBlocks()*m.BlockSize())
		}
	}
}

func TestScenarios_AreTheSameForEveryEngine(t *testing.T) {
	t.Parallel()
	for kind, u := range setups() {
		require.Len(t, u.scenarios(), 6, kind)
		require.Equal(t, u.mistuned, u.scenarios()["bad-candidate"].flags)
		require.Equal(t, u.tuned, u.scenarios()["already-tuned"].flags)
	}
}
