package known_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestReadInfo_ASimulator_IsKnownForOne_AndAnEngineIsNot(t *testing.T) {
	t.Parallel()
	for kind, page := range map[serving.EngineKind]struct{ path, simulated, real string }{
		serving.VLLM:   {"/version", `{"version":"0.20.1","simulated":true}`, `{"version":"0.20.1"}`},
		serving.TGI:    {"/info", `{"model_id":"m","version":"3.3.4","simulated":true}`, `{"model_id":"m","version":"3.3.4"}`},
		serving.SGLang: {"/server_info", `{"version":"0.5.9","simulated":true}`, `{"version":"0.5.9"}`},
	} {
		e, err := known.Engines().Engine(kind)
		require.NoError(t, err)
		info, err := e.ReadInfo(page.path, []byte(page.simulated))
		require.NoError(t, err, kind)
		require.True(t, serving.Snapshot{Revealed: info.Revealed}.Simulated(), kind)
		info, err = e.ReadInfo(page.path, []byte(page.real))
		require.NoError(t, err, kind)
		require.False(t, serving.Snapshot{Revealed: info.Revealed}.Simulated(), kind)
	}
}
