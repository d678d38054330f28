package diagnose_test

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/recorded"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// lengthBounds are vLLM's buckets for token counts.
var lengthBounds = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000}

func lengthHistogram(values []float64) *serving.Histogram {
	h := &serving.Histogram{Bounds: lengthBounds, Counts: make([]float64, len(lengthBounds)), Count: float64(len(values))}
	for _, v := range values {
		h.Sum += v
		for i, bound := range lengthBounds {
			if v <= bound {
				h.Counts[i]++
			}
		}
	}
	return h
}

// logNormalLengths are n lengths at even steps of probability, so that they have
// the mean and the coefficient of variation without any chance.
func logNormalLengths(n int, mean, cv float64) []float64 {
	sigma := math.Sqrt(math.Log1p(cv * cv))
	out := make([]float64, n)
	for i := range out {
		p := (float64(i) + 0.5) / float64(n)
		z := -math.Sqrt2 * math.Erfcinv(2*p)
		out[i] = mean * math.Exp(sigma*z-sigma*sigma/2)
	}
	return out
}

func observed(prompt, output []float64) serving.Snapshot {
	s := healthy().Snapshot
	s.PromptLengths, s.OutputLengths = lengthHistogram(prompt), lengthHistogram(output)
	s.FinishedByReason = map[string]float64{"stop": float64(len(prompt))}
	return s
}

func TestObserveWorkload_LearnsRateAndLengths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ promptCV, outputCV float64 }{{0.3, 0.5}, {0.6, 1}, {1, 0.77}, {1.8, 0.3}} {
		w, ok := diagnose.ObserveWorkload(observed(logNormalLengths(1200, 600, c.promptCV), logNormalLengths(1200, 250, c.outputCV)))
		require.True(t, ok)
		require.Equal(t, 20.0, w.RatePerSecond)
		require.Equal(t, "observed", w.Source)
		require.Equal(t, "poisson", w.Arrival)
		require.InEpsilon(t, 600, w.PromptTokens.Mean, 0.02)
		require.InEpsilon(t, 250, w.OutputTokens.Mean, 0.02)
		require.InEpsilon(t, c.promptCV, w.PromptTokens.CV, 0.1)
		require.InEpsilon(t, c.outputCV, w.OutputTokens.CV, 0.1)
	}
}

func TestObserveWorkload_ConstantLengths_HaveLittleSpread(t *testing.T) {
	t.Parallel()
	w, ok := diagnose.ObserveWorkload(observed(logNormalLengths(100, 300, 0.0001), logNormalLengths(100, 128, 0.0001)))
	require.True(t, ok)
	require.Less(t, w.PromptTokens.CV, 0.1)
	require.Less(t, w.OutputTokens.CV, 0.1)
}

func TestObserveWorkload_LengthsBeyondTheLastBucket_AreFitted(t *testing.T) {
	t.Parallel()
	s := observed(logNormalLengths(500, 600, 0.8), logNormalLengths(500, 250, 0.8))
	const cut = 10 // the buckets up to 500: a third of the prompts is beyond
	s.PromptLengths.Bounds, s.PromptLengths.Counts = s.PromptLengths.Bounds[:cut-1], s.PromptLengths.Counts[:cut-1]
	w, ok := diagnose.ObserveWorkload(s)
	require.True(t, ok)
	require.InEpsilon(t, 0.8, w.PromptTokens.CV, 0.15)
}

func TestObserveWorkload_WithoutHistograms_UsesTotals(t *testing.T) {
	t.Parallel()
	w, ok := diagnose.ObserveWorkload(healthy().Snapshot)
	require.True(t, ok)
	require.Equal(t, 10.0, w.RatePerSecond)
	require.Equal(t, 1000.0, w.PromptTokens.Mean)
	require.Equal(t, 250.0, w.OutputTokens.Mean)
	require.Greater(t, w.PromptTokens.CV, 0.0)
}

func TestObserveWorkload_PrefixShare_OnlyWhereItIsCached(t *testing.T) {
	t.Parallel()
	s := healthy().Snapshot
	s.PrefixHitTokens = serving.Known(300_000)
	w, _ := diagnose.ObserveWorkload(s)
	require.Equal(t, 0.5, w.PrefixShare)
	require.Equal(t, 1, w.PrefixGroups)

	s.Revealed = map[string]string{"enable_prefix_caching": "False"}
	w, _ = diagnose.ObserveWorkload(s)
	require.Zero(t, w.PrefixShare)

	s = healthy().Snapshot
	s.PrefixHitTokens, s.PrefixQueryTokens = serving.Unknown(), serving.Unknown()
	w, _ = diagnose.ObserveWorkload(s)
	require.Zero(t, w.PrefixShare)
}

func TestObserveWorkload_TooLittleToLearnFrom(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*serving.Snapshot){
		"few requests":      func(s *serving.Snapshot) { s.FinishedByReason = map[string]float64{"stop": 19} },
		"requests unknown":  func(s *serving.Snapshot) { s.FinishedByReason, s.E2E = nil, nil },
		"no window":         func(s *serving.Snapshot) { s.WindowSeconds = 0 },
		"prompts unknown":   func(s *serving.Snapshot) { s.PromptTokens = serving.Unknown() },
		"nothing generated": func(s *serving.Snapshot) { s.GenerationTokens = serving.Known(0) },
		"nothing measured":  func(s *serving.Snapshot) { *s = serving.Snapshot{} },
		"prompts without length": func(s *serving.Snapshot) {
			s.PromptLengths = &serving.Histogram{Bounds: []float64{1}, Counts: []float64{30}, Count: 30}
		},
	} {
		s := healthy().Snapshot
		spoil(&s)
		_, ok := diagnose.ObserveWorkload(s)
		require.False(t, ok, name)
	}
}

// Real lengths are not log-normal; their spread must be found all the same.
func TestObserveWorkload_OnAProductionTrace(t *testing.T) {
	t.Parallel()
	prompt, output := azureTrace(t)
	w, ok := diagnose.ObserveWorkload(observed(prompt, output))
	require.True(t, ok)
	require.InEpsilon(t, mean(prompt), w.PromptTokens.Mean, 1e-9)
	require.InEpsilon(t, mean(output), w.OutputTokens.Mean, 1e-9)
	require.InEpsilon(t, cv(prompt), w.PromptTokens.CV, 0.1)
	require.InEpsilon(t, cv(output), w.OutputTokens.CV, 0.1)
	// The shape is learnt too: a log-normal of this mean and spread puts the median
	// of the prompts elsewhere.
	t.Logf("empirical cv %.2f", w.PromptTokens.WithMoments().CV)
	require.Equal(t, serving.ShapeEmpirical, w.PromptTokens.Shape)
	for _, q := range []float64{0.25, 0.5, 0.9} {
		require.InEpsilon(t, quantile(prompt, q), w.PromptTokens.Quantile(q), 0.2, "%g", q)
	}
	t.Logf("prompt cv %.2f fitted %.2f, output cv %.2f fitted %.2f", cv(prompt), w.PromptTokens.CV, cv(output), w.OutputTokens.CV)
}

func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1))]
}

func TestObserveWorkload_FewRequests_HaveNoShapeOfTheirOwn(t *testing.T) {
	t.Parallel()
	w, ok := diagnose.ObserveWorkload(observed(logNormalLengths(60, 600, 0.8), logNormalLengths(60, 250, 0.8)))
	require.True(t, ok)
	require.Empty(t, w.PromptTokens.Shape)
	w, ok = diagnose.ObserveWorkload(observed(logNormalLengths(1200, 300, 0.0001), logNormalLengths(1200, 128, 0.0001)))
	require.True(t, ok)
	require.Empty(t, w.PromptTokens.Points, "the width of a bucket is no spread")
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func cv(values []float64) float64 {
	m, sum := mean(values), 0.0
	for _, v := range values {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum/float64(len(values))) / m
}

// azureTrace reads the lengths of a recorded production trace that lies beside
// the repository where it is checked out with its data.
func azureTrace(t *testing.T) (prompt, output []float64) {
	t.Helper()
	file, err := os.Open(recorded.Path(t, "traces", "azure-llm-2023-conversation.csv"))
	require.NoError(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:] {
		p, err := strconv.ParseFloat(row[1], 64)
		require.NoError(t, err)
		o, err := strconv.ParseFloat(row[2], 64)
		require.NoError(t, err)
		prompt, output = append(prompt, p), append(output, o)
	}
	return prompt, output
}
