package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// prefixed is an engine whose families begin with a prefix.
type prefixed struct {
	vllm.Engine
	prefix string
}

func (p prefixed) Recognises(family string) bool { return strings.HasPrefix(family, p.prefix) }

func two() engine.Registry {
	return engine.NewRegistry(map[serving.EngineKind]engine.Engine{serving.VLLM: vllm.New(), serving.TGI: prefixed{vllm.New(), "tgi_"}})
}

func named(names ...string) engine.Families {
	var out engine.Families
	for _, n := range names {
		out = append(out, engine.Family{Name: n})
	}
	return out
}

func TestDetect_TheEngineThatKnowsMostOfThePage(t *testing.T) {
	t.Parallel()
	kind, ok := two().Detect(named("python_info", "tgi_queue_size", "vllm:a", "vllm:b"))
	require.True(t, ok)
	require.Equal(t, serving.VLLM, kind)
	for _, page := range []engine.Families{nil, named("python_info"), named("tgi_queue_size", "vllm:a")} {
		_, ok = two().Detect(page)
		require.False(t, ok, "%v", page)
	}
}

func TestCheck_SaysWhenThePageIsAnotherEngines(t *testing.T) {
	t.Parallel()
	r := two().Check(serving.VLLM, named("tgi_queue_size"), serving.Reading{})
	require.Equal(t, []serving.Missing{{Quantity: "engine", Reason: "the page is tgi's and was read as vllm's"}}, r.Missing)
	require.Empty(t, two().Check(serving.TGI, named("tgi_queue_size"), serving.Reading{}).Missing)
	require.Empty(t, two().Check(serving.TGI, named("python_info"), serving.Reading{}).Missing, "a page of nobody's is not another's")
}
