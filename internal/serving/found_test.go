package serving_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestFound_ZeroIsFoundAndUnknownIsNot(t *testing.T) {
	t.Parallel()
	r := serving.Reading{TakenUnix: 1, Endpoint: "a", Running: serving.Known(0), FinishedByReason: map[string]float64{"stop": 0}, TTFT: &serving.Histogram{}}
	require.Equal(t, []string{"running", "finished_by_reason", "ttft"}, r.Found())
	require.Empty(t, serving.Reading{}.Found())
}
