package serving_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestObjective_Validate_NamesTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	latency := serving.Objective{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 1}
	rate := serving.Objective{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}
	require.NoError(t, latency.Validate())
	require.NoError(t, rate.Validate())

	type change func(*serving.Objective)
	for _, c := range []struct {
		field  string
		of     serving.Objective
		change change
	}{
		{"name", latency, func(o *serving.Objective) { o.Name = "" }},
		{"quantile", latency, func(o *serving.Objective) { o.Quantile = 0 }},
		{"quantile", latency, func(o *serving.Objective) { o.Quantile = 95 }},
		{"quantile", latency, func(o *serving.Objective) { o.Quantile = math.NaN() }},
		{"threshold", latency, func(o *serving.Objective) { o.Threshold = 0 }},
		{"threshold", latency, func(o *serving.Objective) { o.Threshold = math.Inf(1) }},
		{"threshold", latency, func(o *serving.Objective) { o.Threshold = math.NaN() }},
		{"metric", latency, func(o *serving.Objective) { o.Metric = "speed" }},
		{"threshold", rate, func(o *serving.Objective) { o.Threshold = 1.5 }},
		{"threshold", rate, func(o *serving.Objective) { o.Threshold = -0.1 }},
		{"threshold", rate, func(o *serving.Objective) { o.Threshold = math.NaN() }},
		{"target", rate, func(o *serving.Objective) { o.Target = 1 }},
		{"target", rate, func(o *serving.Objective) { o.Target = math.NaN() }},
		{"window_days", rate, func(o *serving.Objective) { o.WindowDays = -1 }},
	} {
		o := c.of
		c.change(&o)
		require.ErrorContains(t, o.Validate(), c.field+":")
	}
}

func TestObjective_Breached_IsTheOtherWayRoundForAvailability(t *testing.T) {
	t.Parallel()
	latency := serving.Objective{Metric: serving.MetricE2E, Threshold: 2}
	require.True(t, latency.Breached(2.1))
	require.False(t, latency.Breached(2))
	available := serving.Objective{Metric: serving.MetricAvailability, Threshold: 0.99}
	require.True(t, available.Breached(0.98))
	require.False(t, available.Breached(0.99))
}

func TestMetric_TPOT_IsReadAsITL(t *testing.T) {
	t.Parallel()
	var o serving.Objective
	require.NoError(t, json.Unmarshal([]byte(`{"name":"tpot-p95","metric":"tpot","quantile":0.95,"threshold":0.05}`), &o))
	require.Equal(t, serving.MetricITL, o.Metric)
	require.NoError(t, o.Validate())
	out, err := json.Marshal(o)
	require.NoError(t, err)
	require.Contains(t, string(out), `"metric":"itl"`)
}

func TestPolicy_Allows(t *testing.T) {
	t.Parallel()
	all := []serving.RiskClass{serving.RiskCheap, serving.RiskNumerics, serving.RiskNewWeights, serving.RiskGPUSurge, serving.RiskCapabilityCut}
	allowed := func(p serving.Policy) (out []serving.RiskClass) {
		for _, r := range all {
			if p.Allows(r) {
				out = append(out, r)
			}
		}
		return out
	}
	require.Equal(t, all[:2], allowed(serving.Policy{}), "the zero policy is the careful one")
	require.Equal(t, all[:1], allowed(serving.Policy{AllowedRisks: all[:1]}))
	require.Equal(t, all[:4], allowed(serving.Policy{AllowedRisks: all}), "a capability cut is never proposed")
	require.False(t, serving.Policy{}.Allows(""))
}

func TestWeights_Validate(t *testing.T) {
	t.Parallel()
	split := func(shares ...serving.Share) error { return serving.Weights{Shares: shares}.Validate() }
	require.NoError(t, serving.AllStable(3).Validate())
	require.NoError(t, split(serving.Share{Variant: serving.Stable, Percent: 90}, serving.Share{Variant: serving.Canary, Percent: 10}))
	require.ErrorContains(t, split(), "sum to 0%")
	require.ErrorContains(t, split(serving.Share{Variant: serving.Stable, Percent: 90}), "sum to 90%")
	require.ErrorContains(t, split(serving.Share{Variant: serving.Stable, Percent: 110}, serving.Share{Variant: serving.Canary, Percent: -10}), "must be 0..100")
	require.ErrorContains(t, split(serving.Share{Variant: serving.Stable, Percent: 50}, serving.Share{Variant: serving.Stable, Percent: 50}), "twice")
	require.ErrorContains(t, split(serving.Share{Percent: 100}), "names no variant")
}

func TestWeights_SameSplit_IgnoresOrderRevisionAndZeroShares(t *testing.T) {
	t.Parallel()
	a := serving.Weights{Revision: 1, Shares: []serving.Share{{Variant: serving.Stable, Percent: 80}, {Variant: serving.Canary, Percent: 20}}}
	b := serving.Weights{Revision: 2, Shares: []serving.Share{{Variant: serving.Canary, Percent: 20}, {Variant: serving.Stable, Percent: 80}, {Variant: serving.Baseline}}}
	require.True(t, a.SameSplit(b))
	require.True(t, b.SameSplit(a))
	require.False(t, a.SameSplit(serving.AllStable(1)))
	require.False(t, serving.AllStable(1).SameSplit(a))
	require.Equal(t, 20, a.Of(serving.Canary))
	require.Zero(t, a.Of(serving.Baseline))
}

func TestTraffic_Pool_OfAnAbsentVariantIsEmpty(t *testing.T) {
	t.Parallel()
	tr := serving.Traffic{Backends: []serving.Backend{{Variant: serving.Stable, Endpoints: []string{"http://a"}}}}
	require.Equal(t, []string{"http://a"}, tr.Pool(serving.Stable).Endpoints)
	require.Equal(t, serving.Backend{Variant: serving.Canary}, tr.Pool(serving.Canary))
}

func TestSideOf_TakesGoodputAtTheLimitAndLatencyAtTheReference(t *testing.T) {
	t.Parallel()
	var trial serving.Trial
	trial.Candidate = serving.Candidate{Name: "fp8", Config: config()}
	trial.Result.Best.GoodputRPS = 12
	trial.Result.Best.TTFT.P95Seconds = 9
	trial.Result.Reference.TTFT.P95Seconds = 0.2
	side := serving.SideOf(trial)
	require.Equal(t, "fp8", side.Name)
	require.InDelta(t, 12.0, side.GoodputRPS, 0)
	require.InDelta(t, 0.2, side.TTFTP95Seconds, 0)
}
