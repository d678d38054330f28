package engine_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestAssembleHistogram_SortsAndTakesTheLastOfTwo(t *testing.T) {
	t.Parallel()
	h := engine.AssembleHistogram([]engine.Bucket{{math.Inf(1), 9}, {2, 5}, {1, 1}, {2, 6}}, serving.Unknown(), serving.Known(12))
	require.Equal(t, &serving.Histogram{Bounds: []float64{1, 2}, Counts: []float64{1, 6}, Count: 9, Sum: 12}, h)
	h = engine.AssembleHistogram([]engine.Bucket{{1, 1}}, serving.Known(4), serving.Known(12))
	require.InDelta(t, 4.0, h.Count, 0, "the count is enough")
}

func TestAssembleHistogram_WithoutATotalOrWithNoNumber_IsNone(t *testing.T) {
	t.Parallel()
	one := serving.Known(1)
	require.Nil(t, engine.AssembleHistogram([]engine.Bucket{{1, 1}}, serving.Unknown(), one))
	require.Nil(t, engine.AssembleHistogram([]engine.Bucket{{1, 1}}, one, serving.Unknown()))
	require.Nil(t, engine.AssembleHistogram([]engine.Bucket{{math.NaN(), 1}}, one, one))
	require.Nil(t, engine.AssembleHistogram([]engine.Bucket{{1, math.Inf(1)}}, one, one))
	require.Equal(t, &serving.Histogram{Count: 1, Sum: 1}, engine.AssembleHistogram(nil, one, one), "a summary has no bounds")
}
