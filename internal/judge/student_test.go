package judge_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/optiinfra/performance-agent/internal/judge"
)

// The table of percentage points that every textbook has (for example Abramowitz
// and Stegun, table 26.10).
func TestStudentQuantile_PrintedTable(t *testing.T) {
	t.Parallel()
	for degrees, want := range map[float64]float64{1: 12.706, 2: 4.303, 4: 2.776, 9: 2.262, 30: 2.042, 1e6: 1.960} {
		require.InDelta(t, want, judge.StudentQuantile(0.975, degrees), 6e-4, "%g degrees", degrees)
		require.InDelta(t, -want, judge.StudentQuantile(0.025, degrees), 6e-4, "%g degrees", degrees)
	}
}

func TestStudentQuantile_AgreesWithGonum(t *testing.T) {
	t.Parallel()
	for _, degrees := range []float64{1, 1.5, 3, 7.3, 40} {
		for _, p := range []float64{0.6, 0.9, 0.99, 0.9999} {
			want := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degrees}.Quantile(p)
			require.InEpsilon(t, want, judge.StudentQuantile(p, degrees), 1e-6, "p=%g, %g degrees", p, degrees)
		}
	}
}

func TestStudentQuantile_Edges(t *testing.T) {
	t.Parallel()
	require.Zero(t, judge.StudentQuantile(0.5, 3))
	require.True(t, math.IsInf(judge.StudentQuantile(1, 3), 1))
	require.True(t, math.IsInf(judge.StudentQuantile(0, 3), -1))
	require.True(t, math.IsNaN(judge.StudentQuantile(0.9, 0)))
}
