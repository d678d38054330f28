package loadgen_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// missing is n requests that miss with a probability, each by itself.
func missing(n int, p float64, r *rand.Rand) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = r.Float64() < p
	}
	return out
}

func verdictOf(missed []bool, allowed, confidence float64) serving.Outcome3 {
	return loadgen.Decide([]serving.Attainment{loadgen.Attained(missed, allowed, confidence)})
}

func TestDecide_ThreeVerdicts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	require.Equal(t, serving.RungPass, verdictOf(missing(1000, 0.02, r), 0.05, 0.95))
	require.Equal(t, serving.RungFail, verdictOf(missing(1000, 0.10, r), 0.05, 0.95))
	require.Equal(t, serving.RungIndeterminate, verdictOf(missing(1000, 0.05, r), 0.05, 0.95))
	require.Equal(t, serving.RungIndeterminate, verdictOf(missing(40, 0, r), 0.05, 0.95), "40 good ones do not prove 95%")
	require.Equal(t, serving.RungIndeterminate, verdictOf(nil, 0.05, 0.95), "nothing seen proves nothing")
	require.Equal(t, serving.RungPass, loadgen.Decide(nil))
}

func TestDecide_OneRuleBrokenBeyondDoubt_Fails(t *testing.T) {
	t.Parallel()
	unsure := serving.Attainment{Allowed: 0.05, Low: 0.01, High: 0.1}
	broken := serving.Attainment{Allowed: 0.05, Low: 0.06, High: 0.1}
	kept := serving.Attainment{Allowed: 0.05, Low: 0, High: 0.04}
	require.Equal(t, serving.RungFail, loadgen.Decide([]serving.Attainment{kept, unsure, broken}))
	require.Equal(t, serving.RungIndeterminate, loadgen.Decide([]serving.Attainment{kept, unsure}))
	require.Equal(t, serving.RungPass, loadgen.Decide([]serving.Attainment{kept}))
}

func TestAttained_AnyMisses_BoundsHoldTheShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		missed := rapid.SliceOfN(rapid.Bool(), 1, 400).Draw(t, "missed")
		a := loadgen.Attained(missed, 0.05, 0.95)
		share := float64(a.Missed) / float64(a.Requests)
		require.Equal(t, len(missed), a.Requests)
		require.LessOrEqual(t, a.Low, share+1e-12)
		require.GreaterOrEqual(t, a.High, share-1e-12)
		require.GreaterOrEqual(t, a.Low, 0.0)
		require.LessOrEqual(t, a.High, 1.0)
	})
}

// Misses that come together, as behind a stall, tell less than as many apart.
func TestAttained_MissesInARow_WidenTheInterval(t *testing.T) {
	t.Parallel()
	apart, together := make([]bool, 600), make([]bool, 600)
	for i := range 60 {
		apart[i*10], together[200+i] = true, true
	}
	a, b := loadgen.Attained(apart, 0.05, 0.95), loadgen.Attained(together, 0.05, 0.95)
	require.Equal(t, a.Missed, b.Missed)
	require.Greater(t, b.High-b.Low, 2*(a.High-a.Low))
	require.Equal(t, serving.RungFail, loadgen.Decide([]serving.Attainment{a}))
	require.Equal(t, serving.RungIndeterminate, loadgen.Decide([]serving.Attainment{b}))
}

// A rung is looked at many times before its end. A rate exactly on the limit must
// seldom be decided either way by these looks: 5% is what one look at the end
// would be granted.
func TestDecide_ManyEarlyLooks_AreSeldomWrong(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	const rungs, requests, every = 400, 1000, 10
	passed, failed := 0, 0
	for range rungs {
		missed := missing(requests, 0.05, r)
	looks:
		for n := 100; n <= requests; n += every {
			switch verdictOf(missed[:n], 0.05, loadgen.EarlyConfidence) {
			case serving.RungPass:
				passed++
				break looks
			case serving.RungFail:
				failed++
				break looks
			}
		}
	}
	require.Less(t, float64(passed)/rungs, 0.05)
	require.Less(t, float64(failed)/rungs, 0.05)
}

func TestDecide_EarlyLooks_DecideWhatIsPlain(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	for range 50 {
		require.Equal(t, serving.RungFail, verdictOf(missing(200, 0.25, r), 0.05, loadgen.EarlyConfidence))
		require.Equal(t, serving.RungPass, verdictOf(missing(1000, 0.01, r), 0.05, loadgen.EarlyConfidence))
	}
}
