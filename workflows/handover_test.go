package workflows_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Three workers end in turn while one candidate is loaded: more than the policy of
// the activity has attempts.
func TestTrial_WorkersEndOneAfterTheOther_IsMeasuredAllTheSame(t *testing.T) {
	t.Parallel()
	w := improvable()
	quantized(w)
	left := 3
	w.crash = func(c serving.EngineConfig) error {
		if _, set := c.Get("--quantization"); set && left > 0 {
			left--
			return temporal.NewApplicationError("the worker is stopping", activities.TypeWorkerStopping)
		}
		return nil
	}
	result := runOptimize(t, environment(t, w), giving())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	for _, r := range w.trials {
		require.Equal(t, serving.TrialMeasured, r.Trial.Status, r.Trial.Reason)
	}
	var texts []uint64
	for _, in := range w.ladders { // all but the tries have the same words
		texts = append(texts, in.Base.TextSeed)
	}
	slices.Sort(texts)
	require.Len(t, slices.Compact(texts), 4, "each time other words: the engine keeps those of before in its cache")
}
