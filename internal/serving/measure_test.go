package serving_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestMeasure_JSON_NullIsUnknownAndZeroIsZero(t *testing.T) {
	t.Parallel()
	var in struct {
		Null   serving.Measure `json:"null"`
		Zero   serving.Measure `json:"zero"`
		Absent serving.Measure `json:"absent"`
	}
	require.NoError(t, json.Unmarshal([]byte(`{"null":null,"zero":0}`), &in))
	require.False(t, in.Null.IsKnown())
	require.False(t, in.Absent.IsKnown())
	zero, known := in.Zero.Get()
	require.True(t, known)
	require.Zero(t, zero)

	out, err := json.Marshal(in)
	require.NoError(t, err)
	require.JSONEq(t, `{"null":null,"zero":0,"absent":null}`, string(out))
}

func TestMeasure_UnmarshalNull_ForgetsTheOldValue(t *testing.T) {
	t.Parallel()
	m := serving.Known(3)
	require.NoError(t, json.Unmarshal([]byte("null"), &m))
	require.False(t, m.IsKnown())
}

func TestMeasure_UnmarshalOfAString_IsAnError(t *testing.T) {
	t.Parallel()
	var m serving.Measure
	require.Error(t, json.Unmarshal([]byte(`"NaN"`), &m))
}

func TestMeasure_NotANumber_IsUnknown(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		require.False(t, serving.Known(v).IsKnown())
	}
	overflow := serving.Known(math.MaxFloat64).Plus(serving.Known(math.MaxFloat64))
	require.False(t, overflow.IsKnown(), "a sum beyond float64 cannot be written as JSON")
}

func TestMeasure_JSON_RoundTripsEveryFiniteNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := serving.Known(rapid.Float64().Draw(t, "v"))
		data, err := json.Marshal(m)
		require.NoError(t, err)
		var back serving.Measure
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, m, back)
	})
}

func TestMeasure_Arithmetic(t *testing.T) {
	t.Parallel()
	known, unknown := serving.Known(6), serving.Unknown()
	require.Equal(t, serving.Known(8), known.Plus(serving.Known(2)))
	require.Equal(t, known, known.Plus(unknown))
	require.Equal(t, known, unknown.Plus(known))
	require.Equal(t, unknown, unknown.Plus(unknown))
	require.Equal(t, serving.Known(3), known.Over(serving.Known(2)))
	require.Equal(t, unknown, known.Over(serving.Known(0)))
	require.Equal(t, unknown, known.Over(unknown))
	require.Equal(t, unknown, unknown.Over(known))
	require.InDelta(t, 6.0, known.Or(1), 0)
	require.InDelta(t, 1.0, unknown.Or(1), 0)
}
