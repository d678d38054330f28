package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestRegistry_UnknownKind_NamesTheKnownOnes(t *testing.T) {
	t.Parallel()
	engines := map[serving.EngineKind]engine.Engine{serving.VLLM: vllm.New(), serving.SGLang: vllm.New()}
	r := engine.NewRegistry(engines)
	_, err := r.Engine("triton")
	require.EqualError(t, err, `engine "triton" is unknown, use one of [sglang vllm]`)
	e, err := r.Engine(serving.VLLM)
	require.NoError(t, err)
	require.Equal(t, serving.VLLM, e.Catalogue().Engine)

	delete(engines, serving.VLLM)
	require.Equal(t, []serving.EngineKind{serving.SGLang, serving.VLLM}, r.Kinds(), "the registry keeps its own map")
}

func TestFamilies_Lookup(t *testing.T) {
	t.Parallel()
	f := engine.Families{{Name: "a", Type: engine.TypeGauge}}
	got, ok := f.Lookup("a")
	require.True(t, ok)
	require.Equal(t, engine.TypeGauge, got.Type)
	_, ok = f.Lookup("b")
	require.False(t, ok)
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]engine.Version{
		"0.11.0": {0, 11, 0}, "v0.20.1": {0, 20, 1}, "0.21": {0, 21, 0}, "0.20.1rc1+cu128": {0, 20, 1},
		"0.11.dev3": {0, 11, 0}, "1.2.3.4": {1, 2, 3}, "0.9.2.post1": {0, 9, 2}, "0.11rc1": {0, 11, 0},
	} {
		got, ok := engine.ParseVersion(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "main", "v", "7f3a2c1", "latest", "3", "0.x"} {
		_, ok := engine.ParseVersion(text)
		require.False(t, ok, text)
	}
}

func TestVersion_Before_ComparesNumbersNotText(t *testing.T) {
	t.Parallel()
	require.True(t, engine.Version{0, 9, 2}.Before(engine.Version{0, 10, 0}))
	require.False(t, engine.Version{0, 10, 0}.Before(engine.Version{0, 9, 2}))
	require.False(t, engine.Version{0, 10, 0}.Before(engine.Version{0, 10, 0}))
}
