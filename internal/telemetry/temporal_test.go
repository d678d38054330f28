package telemetry_test

import (
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/telemetry"
)

func TestTemporalMetrics_CarryTheSDKsTagsAsLabels(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	all := telemetry.TemporalMetrics(registry).WithTags(map[string]string{"namespace": "default", "client_name": "temporal_go"})
	queue := all.WithTags(map[string]string{"task_queue": "performance-agent", "failure_reason": "NonDeterminismError"})
	queue.Counter("temporal_workflow_task_execution_failed").Inc(2)
	all.Counter("temporal_workflow_task_execution_failed").Inc(1)
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	require.Equal(t, "temporal_workflow_task_execution_failed_total", families[0].GetName())
	seen := map[float64]map[string]string{}
	for _, m := range families[0].GetMetric() {
		labels := map[string]string{}
		for _, l := range m.GetLabel() {
			if l.GetValue() != "" {
				labels[l.GetName()] = l.GetValue()
			}
		}
		seen[m.GetCounter().GetValue()] = labels
	}
	require.Equal(t, map[float64]map[string]string{1: {"namespace": "default"},
		2: {"namespace": "default", "task_queue": "performance-agent", "failure_reason": "NonDeterminismError"}}, seen,
		"tags of one handler do not leak into another's")
}

func TestTemporalMetrics_GaugesAreSetAndTimesAreSeconds(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	h := telemetry.TemporalMetrics(registry)
	h.Gauge("temporal_worker_task_slots_available").Update(7)
	h.Gauge("temporal_worker_task_slots_available").Update(5)
	h.Timer("temporal_activity_schedule_to_start_latency").Record(1500 * time.Millisecond)
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, families, 2)
	require.Equal(t, "temporal_activity_schedule_to_start_latency_seconds", families[0].GetName())
	require.InDelta(t, 1.5, families[0].GetMetric()[0].GetHistogram().GetSampleSum(), 1e-9)
	require.InDelta(t, 5, families[1].GetMetric()[0].GetGauge().GetValue(), 0)
}

func TestTemporalMetrics_ManyGoroutines_LoseNothing(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	h := telemetry.TemporalMetrics(registry)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				h.WithTags(map[string]string{"operation": "PollWorkflowTaskQueue"}).Counter("temporal_request").Inc(1)
			}
		})
	}
	all.Wait()
	families, err := registry.Gather()
	require.NoError(t, err)
	require.InDelta(t, 800, families[0].GetMetric()[0].GetCounter().GetValue(), 0)
}

func TestTemporalMetrics_NameOfSomethingElse_HarmsNothing(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "taken_total", Help: "x"}))
	telemetry.TemporalMetrics(registry).Counter("taken").Inc(1)
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
}
