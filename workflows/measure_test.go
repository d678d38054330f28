package workflows_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/telemetry"
	"github.com/optiinfra/performance-agent/workflows"
)

// measured is an environment whose metrics are in a registry.
func measured(t *testing.T, w *world) (*testsuite.TestWorkflowEnvironment, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	var suite testsuite.WorkflowTestSuite
	suite.SetMetricsHandler(telemetry.TemporalMetrics(registry))
	return environmentOf(t, &suite, w), registry
}

// sample is the count of the series with that label, of a histogram's or a counter's.
func sample(t *testing.T, registry *prometheus.Registry, name, value string) float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == name && l.GetValue() == value {
					return m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
				}
			}
		}
	}
	return 0
}

func TestCount_RunThatIsPromoted(t *testing.T) {
	t.Parallel()
	w := improvable()
	env, registry := measured(t, w)
	result := runOptimize(t, env, optimizeInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.InDelta(t, 1, sample(t, registry, "performance_agent_runs_total", "promoted"), 0)
	require.InDelta(t, 1, sample(t, registry, "performance_agent_rollouts_total", "promoted"), 0)
	require.InDelta(t, len(w.stages), sample(t, registry, "performance_agent_stages_total", "pass"), 0)
	require.InDelta(t, 0, sample(t, registry, "performance_agent_rollbacks_total", "stage"), 0)
	baselines := 0
	for _, r := range w.trials {
		if len(r.Trial.Candidate.Sources) == 0 {
			baselines++
		}
	}
	require.InDelta(t, baselines, sample(t, registry, "performance_agent_trials_total", "baseline"), 0)
	require.Positive(t, sample(t, registry, "performance_agent_trials_total", "rule")+sample(t, registry, "performance_agent_trials_total", "model"))
}

// A person says that an objective is broken, and for how long it was.
func TestCount_RolloutThatIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env, registry := measured(t, w)
	env.RegisterDelayedCallback(func() {
		now := float64(env.Now().Unix())
		env.SignalWorkflow(workflows.SLOViolation, serving.Violation{SLO: "ttft-p95", Observed: 2.4, Threshold: 1, Source: "ana of the night shift",
			BeganUnix: now - 12, DetectedUnix: now})
	}, 40*time.Second)
	result := runRollout(t, env, rolloutInput())
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome, result.Reason)
	require.InDelta(t, 1, sample(t, registry, "performance_agent_rollouts_total", "rolled_back"), 0)
	require.InDelta(t, 1, sample(t, registry, "performance_agent_rollbacks_total", "person"), 0, "no name of a person is a series")
	families, err := registry.Gather()
	require.NoError(t, err)
	seen := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if h := m.GetHistogram(); h != nil {
				seen[f.GetName()] = h.GetSampleSum()
			}
		}
	}
	require.InDelta(t, 12, seen["performance_agent_detection_seconds"], 1e-6)
	require.Contains(t, seen, "performance_agent_restore_seconds")
}
