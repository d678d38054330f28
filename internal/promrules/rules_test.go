package promrules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/promrules"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var (
	ttft    = serving.Objective{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5}
	itl     = serving.Objective{Name: "itl-p99", Metric: serving.MetricITL, Quantile: 0.99, Threshold: 0.06}
	e2e     = serving.Objective{Name: "e2e-p50", Metric: serving.MetricE2E, Quantile: 0.5, Threshold: 3, WindowDays: 7}
	failing = serving.Objective{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}
	byTime  = serving.Objective{Name: "ttft-time", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5, Target: 0.99}
)

// input is for an engine whose buckets are the same for every latency.
func input(t *testing.T, kind serving.EngineKind, objectives ...serving.Objective) promrules.Input {
	t.Helper()
	e, err := known.Engines().Engine(kind)
	require.NoError(t, err)
	bounds := []float64{0.0001, 0.05, 0.1, 0.5, 1, 2.5, 10}
	return promrules.Input{Fleet: "chat", Engine: kind, Objectives: objectives, Indicators: e.Indicators(), Matchers: []string{`job="chat"`},
		Bounds: map[serving.Metric][]float64{serving.MetricTTFT: bounds, serving.MetricITL: bounds, serving.MetricE2E: bounds}}
}

func write(t *testing.T, in promrules.Input) (string, []string) {
	t.Helper()
	text, skipped, err := promrules.Write(in)
	require.NoError(t, err)
	return string(text), skipped
}

// promtool runs Debian's promtool in a folder; without it the test is skipped,
// unless PROMETHEUS_REQUIRED is set.
func promtool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	binary, err := exec.LookPath("promtool")
	if err != nil {
		require.Empty(t, os.Getenv("PROMETHEUS_REQUIRED"), "no promtool")
		t.Skip("no promtool (scripts/need prometheus installs it)")
	}
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func TestWrite_EveryEngine_PromtoolAcceptsTheRules(t *testing.T) {
	t.Parallel()
	for _, kind := range known.Engines().Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			text, skipped := write(t, input(t, kind, ttft, itl, e2e, failing, byTime))
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.yml"), []byte(text), 0o600))
			out := promtool(t, dir, "check", "rules", "rules.yml")
			require.Contains(t, out, "SUCCESS")
			want := 5 - len(skipped)
			require.Equal(t, 4*want, strings.Count(text, "alert: "), text)
			if kind == serving.TGI {
				require.Equal(t, []string{"ttft-p95: tgi exposes no histogram of ttft", "ttft-time: tgi exposes no histogram of ttft"}, skipped)
				require.Contains(t, text, "# No rules for ttft-p95: tgi exposes no histogram of ttft")
			}
		})
	}
}

func TestWrite_WhatCannotBeCounted_IsSaidAndNotWritten(t *testing.T) {
	t.Parallel()
	far := ttft
	far.Name, far.Threshold = "far", 60
	in := input(t, serving.VLLM, far)
	_, skipped := write(t, in)
	require.Equal(t, []string{"far: the threshold of 60 s is beyond the engine's last bucket of 10 s"}, skipped)
	in = input(t, serving.VLLM, ttft)
	in.Bounds = nil
	text, skipped := write(t, in)
	require.Contains(t, skipped[0], "measure the fleet first")
	require.NotContains(t, text, "alert:")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.yml"), []byte(text), 0o600))
	promtool(t, dir, "check", "rules", "rules.yml")
}

// unit is a promtool test of the rules of two vLLM objectives. Requests come at
// one a second; those of the second hour are slow or fail. Half of the TTFT lies in
// the bucket that ends at the threshold.
const unit = `
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series:
  - {series: 'vllm:time_to_first_token_seconds_bucket{job="chat",variant="stable",le="0.5"}', values: '0+60x60 3600+0x60'}
  - {series: 'vllm:time_to_first_token_seconds_bucket{job="chat",variant="stable",le="1.0"}', values: '0+60x60 3600+60x60'}
  - {series: 'vllm:time_to_first_token_seconds_count{job="chat",variant="stable"}', values: '0+60x120'}
  - {series: 'vllm:time_to_first_token_seconds_count{job="other",variant="stable"}', values: '0+600x120'}
  - {series: 'http_requests_total{job="chat",handler="/v1/chat/completions",status="2xx",method="POST"}', values: '0+60x120'}
  - {series: 'http_requests_total{job="chat",handler="/metrics",status="5xx",method="GET"}', values: '0+60x120'}
  promql_expr_test:
  - {expr: 'slo:sli_bad:ratio_rate5m{slo="ttft-p95"}', eval_time: 50m, exp_samples: [{labels: 'slo:sli_bad:ratio_rate5m{fleet="chat",slo="ttft-p95",variant="stable"}', value: 0}]}
  - {expr: 'slo:sli_bad:ratio_rate5m{slo="ttft-p95"}', eval_time: 110m, exp_samples: [{labels: 'slo:sli_bad:ratio_rate5m{fleet="chat",slo="ttft-p95",variant="stable"}', value: 1}]}
  - {expr: 'slo:sli_bad:ratio_rate5m{slo="errors"}', eval_time: 110m, exp_samples: [{labels: 'slo:sli_bad:ratio_rate5m{fleet="chat",slo="errors"}', value: 0}]}
  - {expr: 'slo:sli_bad:ratio_rate5m{slo="ttft-time"}', eval_time: 110m, exp_samples: [{labels: 'slo:sli_bad:ratio_rate5m{fleet="chat",slo="ttft-time",variant="stable"}', value: 1}]}
  alert_rule_test:
  - {alertname: PerformanceAgentSLOBurn, eval_time: 50m, exp_alerts: []}
- interval: 1m
  input_series:
  - {series: 'vllm:time_to_first_token_seconds_count{job="chat"}', values: '7+0x120'}
  - {series: 'vllm:time_to_first_token_seconds_bucket{job="chat",le="0.5"}', values: '7+0x120'}
  promql_expr_test:
  - {expr: 'slo:sli_bad:ratio_rate1h', eval_time: 90m, exp_samples: []}
`

func TestWrite_RulesCountAsTheAgentDoes(t *testing.T) {
	t.Parallel()
	text, _ := write(t, input(t, serving.VLLM, ttft, failing, byTime))
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.yml"), []byte(text), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "unit.yml"), []byte(unit), 0o600))
	require.Contains(t, promtool(t, dir, "test", "rules", "unit.yml"), "SUCCESS")

	// One request a minute is too few for the five minutes of the fast page.
	only, _ := write(t, input(t, serving.VLLM, ttft))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.yml"), []byte(only), 0o600))
	firing := `
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series:
  - {series: 'vllm:time_to_first_token_seconds_bucket{job="chat",le="0.5"}', values: '0+0x120'}
  - {series: 'vllm:time_to_first_token_seconds_count{job="chat"}', values: '0+1x120'}
  promql_expr_test:
  - {expr: 'ALERTS{pair="page-fast"}', eval_time: 20m, exp_samples: []}
- interval: 1m
  input_series:
  - {series: 'vllm:time_to_first_token_seconds_bucket{job="chat",le="0.5"}', values: '0+0x120'}
  - {series: 'vllm:time_to_first_token_seconds_count{job="chat"}', values: '0+60x120'}
  promql_expr_test:
  - {expr: 'count(ALERTS{alertname="PerformanceAgentSLOBurn",alertstate="firing",fleet="chat",slo="ttft-p95",severity="page"})', eval_time: 20m, exp_samples: [{labels: '{}', value: 2}]}
`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "firing.yml"), []byte(firing), 0o600))
	require.Contains(t, promtool(t, dir, "test", "rules", "firing.yml"), "SUCCESS")
}

func TestWrite_ThresholdBetweenBounds_IsInterpolatedAndEverySpellingMatches(t *testing.T) {
	t.Parallel()
	o := ttft
	o.Threshold = 0.75
	text, _ := write(t, input(t, serving.VLLM, o))
	require.Contains(t, text, `le=~"0\\.5"`)
	require.Contains(t, text, `le=~"1|1\\.0"`)
	require.Contains(t, text, " + 0.5 * (")
	first := ttft
	first.Threshold = 0.00005
	text, _ = write(t, input(t, serving.VLLM, first))
	require.Contains(t, text, `le=~"0\\.0001"`)
	require.Contains(t, text, "0.5 * sum by")
}
