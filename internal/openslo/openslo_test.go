package openslo_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/openslo"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// written is what Write gives for a p95 of TTFT.
const written = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: ttft-p95
spec:
  description: p95 ttft of at most 0.5 s
  service: chat
  indicator:
    metadata:
      name: ttft-p95-indicator
    spec:
      thresholdMetric:
        metricSource:
          type: performance-agent
          spec:
            metric: ttft
            unit: seconds
  timeWindow:
    - duration: 30d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - op: lte
      value: 0.5
      target: 0.95
`

var ttft = serving.Objective{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5, WindowDays: 30}

func TestWrite_IsOpenSLO(t *testing.T) {
	t.Parallel()
	got, err := openslo.Write("chat", []serving.Objective{ttft})
	require.NoError(t, err)
	require.Equal(t, written, string(got))
	defaulted := ttft
	defaulted.WindowDays = 0
	got, err = openslo.Write("chat", []serving.Objective{defaulted})
	require.NoError(t, err)
	require.Equal(t, written, string(got), "the default window is written out")
}

func TestWriteRead_AnyObjectives_ComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	share := func(t *rapid.T, name string, least, greatest int) float64 {
		return float64(rapid.IntRange(least, greatest).Draw(t, name)) / 10000
	}
	rapid.Check(t, func(t *rapid.T) {
		var list []serving.Objective
		for i := range rapid.IntRange(0, 5).Draw(t, "n") {
			o := serving.Objective{Name: "slo-" + string(rune('a'+i)),
				Metric:     rapid.SampledFrom([]serving.Metric{"ttft", "itl", "e2e", "error_rate", "availability"}).Draw(t, "metric"),
				WindowDays: float64(rapid.IntRange(1, 90*24*60).Draw(t, "minutes")) / (24 * 60)}
			if o.IsLatency() {
				o.Quantile, o.Threshold = share(t, "quantile", 5000, 9990), share(t, "seconds", 1, 100000)
			} else {
				o.Threshold = share(t, "ratio", 0, 10000)
			}
			if rapid.Bool().Draw(t, "by time") {
				o.Target = share(t, "target", 1, 9999)
			}
			list = append(list, o)
		}
		text, err := openslo.Write("chat", list)
		require.NoError(t, err)
		got, problems := openslo.Read(text)
		require.Empty(t, problems, string(text))
		require.Len(t, got, len(list))
		for i := range list {
			require.InDelta(t, list[i].WindowDays, got[i].WindowDays, 1e-9)
			require.InDelta(t, list[i].Threshold, got[i].Threshold, 1e-11)
			got[i].WindowDays, got[i].Threshold = list[i].WindowDays, list[i].Threshold
		}
		require.Equal(t, list, got)
	})
}

func TestRead_ADocumentByHand_WithItsService(t *testing.T) {
	t.Parallel()
	got, problems := openslo.Read([]byte(`
apiVersion: openslo/v1
kind: Service
metadata: {name: chat, labels: {tier: [one, two]}}
spec: {description: anything, oursIgnoresThis: true}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: errors, displayName: Failures, annotations: {team: ml}}
spec:
  service: chat
  indicator:
    metadata: {name: failures}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: performance-agent, spec: {metric: failed_requests}}}
        total: {metricSource: {type: performance-agent, spec: {metric: requests}}}
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: ok, targetPercent: 99}]
`))
	require.Empty(t, problems)
	require.Equal(t, []serving.Objective{{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01, WindowDays: 28}}, got)
}

func TestRead_WhatIsNotSupported_IsRefusedByFieldWithAFix(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, field string }{
		"version":            {"openslo/v1", "openslo/v1alpha", "documents[0].apiVersion"},
		"kind":               {"kind: SLO", "kind: AlertPolicy", "documents[0].kind"},
		"unknown field":      {"  service: chat", "  servise: chat", "documents[0]"},
		"calendar":           {"isRolling: true", "isRolling: false", "documents[0].spec.timeWindow[0].isRolling"},
		"months":             {"30d", "1M", "documents[0].spec.timeWindow[0].duration"},
		"two windows":        {"    - duration: 30d\n", "    - {duration: 7d, isRolling: true}\n    - duration: 30d\n", "documents[0].spec.timeWindow"},
		"method":             {"Occurrences", "RatioTimeslices", "documents[0].spec.budgetingMethod"},
		"slices half":        {"Occurrences", "Timeslices", "documents[0].spec.objectives[0].timeSliceTarget"},
		"slices of an hour":  {"budgetingMethod: Occurrences\n  objectives:\n    - op: lte", "budgetingMethod: Timeslices\n  objectives:\n    - timeSliceTarget: 0.9\n      timeSliceWindow: 1h\n      op: lte", "documents[0].spec.objectives[0].timeSliceWindow"},
		"slices by requests": {"    - op: lte", "    - timeSliceTarget: 0.9\n      op: lte", "documents[0].spec.objectives[0].timeSliceTarget"},
		"operator":           {"op: lte", "op: gte", "documents[0].spec.objectives[0].op"},
		"no value":           {"      value: 0.5\n", "", "documents[0].spec.objectives[0].value"},
		"no target":          {"      target: 0.95\n", "", "documents[0].spec.objectives[0].target"},
		"two targets":        {"target: 0.95", "target: 0.95\n      targetPercent: 95", "documents[0].spec.objectives[0].targetPercent"},
		"two objectives":     {"    - op: lte", "    - {op: lte, value: 1, target: 0.9}\n    - op: lte", "documents[0].spec.objectives"},
		"source":             {"type: performance-agent", "type: Prometheus", "documents[0].spec.indicator.spec.thresholdMetric.metricSource.type"},
		"metric":             {"metric: ttft", "metric: mood", "documents[0].spec.indicator.spec.thresholdMetric.metricSource.spec.metric"},
		"unit":               {"unit: seconds", "unit: ms", "documents[0].spec.indicator.spec.thresholdMetric.metricSource.spec.unit"},
		"reference":          {"  service: chat", "  service: chat\n  indicatorRef: x", "documents[0].spec.indicatorRef"},
		"alert policies":     {"  service: chat", "  service: chat\n  alertPolicies: [x]", "documents[0].spec.alertPolicies"},
		"a median's quarter": {"target: 0.95", "target: 0.2", "documents[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(written, c.old, c.new, 1)
			require.NotEqual(t, written, text, "the case changes nothing")
			got, problems := openslo.Read([]byte(text))
			require.Empty(t, got)
			require.NotEmpty(t, problems)
			require.Equal(t, c.field, problems[0].Field, problems[0].Message)
			require.NotEmpty(t, problems[0].Message)
		})
	}
}

func TestRead_SeveralMistakes_AreAllNamed(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("30d", "1M", "op: lte", "op: gt", "type: performance-agent", "type: x").Replace(written)
	_, problems := openslo.Read([]byte(text + "---\n" + written + "---\n" + written))
	require.GreaterOrEqual(t, len(problems), 3)
	require.Contains(t, problems[len(problems)-1].Message, "given twice")
}

func TestRead_Nonsense_IsAProblemAndNeverAPanic(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"{", "- a\n- b", "\t", "a: &a [*a]", "42", strings.Repeat("---\napiVersion: openslo/v1\nkind: Service\n", 101)} {
		got, problems := openslo.Read([]byte(text))
		require.Empty(t, got)
		require.NotEmpty(t, problems, text)
	}
	got, problems := openslo.Read(nil)
	require.Empty(t, got)
	require.Empty(t, problems)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(written))
	f.Fuzz(func(t *testing.T, content []byte) {
		got, problems := openslo.Read(content)
		require.True(t, len(got) == 0 || len(problems) == 0)
		for _, o := range got {
			require.NoError(t, o.Validate())
			require.False(t, math.IsNaN(o.Threshold))
		}
	})
}
