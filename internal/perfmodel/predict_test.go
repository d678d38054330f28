package perfmodel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func objective(metric serving.Metric, quantile, seconds float64) serving.Objective {
	return serving.Objective{Name: string(metric), Metric: metric, Quantile: quantile, Threshold: seconds}
}

func TestPredict_RisingRate_RaisesLatencyAndBatchUpToSaturation(t *testing.T) {
	t.Parallel()
	for _, cfg := range []serving.EngineConfig{
		launch(llama8B),
		launch(llama8B, "--enforce-eager", "", "--max-num-seqs", "16"),
		launch(llama8B, "--enable-chunked-prefill", "false", "--max-model-len", "8192"),
		versioned(launch(llama8B, "--max-model-len", "8192"), "0.6.3"),
	} {
		m, w := model(t, "H100", 1, cfg), workload(512, 128)
		top := perfmodel.MaxRate(m, w, nil)
		last := perfmodel.Predict(m, w, 0)
		require.Zero(t, last.OutputTokensPerSecond)
		for _, part := range []float64{0.1, 0.3, 0.5, 0.7, 0.9, 0.97} {
			p := perfmodel.Predict(m, w, part*top)
			require.False(t, p.Saturated)
			require.GreaterOrEqual(t, p.ITLSeconds, 0.999*last.ITLSeconds, "%v at %g", cfg.FlagList(), part)
			require.GreaterOrEqual(t, p.TTFTSeconds, 0.999*last.TTFTSeconds, "%v at %g", cfg.FlagList(), part)
			require.Greater(t, p.Batch, last.Batch)
			require.InEpsilon(t, part*top*128, p.OutputTokensPerSecond, 0.01)
			last = p
		}
		require.True(t, perfmodel.Predict(m, w, 1.05*top).Saturated)
	}
}

// Little's law ties what is predicted: the sequences in the engine are the rate
// times the time in it.
func TestPredict_KeepsLittlesLaw(t *testing.T) {
	t.Parallel()
	m, w := model(t, "H100", 1, launch(llama8B)), workload(512, 128)
	p := perfmodel.Predict(m, w, 20)
	require.InEpsilon(t, p.Batch, 20*(p.E2ESeconds-m.APISeconds(512)), 0.10)
	require.InEpsilon(t, p.E2ESeconds, p.TTFTSeconds+127*p.ITLSeconds, 1e-6)
}

func TestPredict_FewSlots_QueueBeforeTheGPUIsFull(t *testing.T) {
	t.Parallel()
	w := workload(512, 128)
	few := model(t, "H100", 1, launch(llama8B, "--max-num-seqs", "16"))
	many := model(t, "H100", 1, launch(llama8B))
	rate := 0.97 * perfmodel.MaxRate(few, w, nil)
	require.Greater(t, perfmodel.Predict(few, w, rate).TTFTSeconds, 2*perfmodel.Predict(many, w, rate).TTFTSeconds)
	require.LessOrEqual(t, perfmodel.Predict(few, w, overload).Batch, 16.001)
}

func TestPredict_Arrivals_ConstantQueuesLessThanPoisson(t *testing.T) {
	t.Parallel()
	m := model(t, "H100", 1, launch(llama8B, "--max-num-seqs", "16"))
	poisson, constant := workload(512, 128), workload(512, 128)
	constant.Arrival = "constant"
	rate := 0.95 * perfmodel.MaxRate(m, poisson, nil)
	require.Less(t, perfmodel.Predict(m, constant, rate).TTFTSeconds, perfmodel.Predict(m, poisson, rate).TTFTSeconds)
}

func TestPredict_FullCache_BoundsTheBatch(t *testing.T) {
	t.Parallel()
	m := model(t, "L4", 1, launch(llama8B, "--max-model-len", "4096"))
	p := perfmodel.Predict(m, workload(1000, 500), overload)
	require.InDelta(t, 1, p.KVUsage, 0.01)
	require.Less(t, p.Batch, float64(m.Settings().MaxNumSeqs)/4)
}

func TestPredict_OneTokenAnswers_HaveNoDecode(t *testing.T) {
	t.Parallel()
	m := model(t, "H100", 1, launch(llama8B))
	p := perfmodel.Predict(m, serving.Workload{PromptTokens: serving.Lengths{Mean: 2000}, OutputTokens: serving.Lengths{Mean: 1}}, 5)
	require.InDelta(t, p.TTFTSeconds, p.E2ESeconds, 1e-9)
	require.Positive(t, perfmodel.MaxRate(m, serving.Workload{PromptTokens: serving.Lengths{Mean: 2000}, OutputTokens: serving.Lengths{Mean: 1}}, nil))
}

func TestMaxRate_TighterObjectives_NeverAllowMore(t *testing.T) {
	t.Parallel()
	m, w := model(t, "H100", 1, launch(llama8B)), workload(512, 128)
	free := perfmodel.MaxRate(m, w, nil)
	for _, metric := range []serving.Metric{serving.MetricTTFT, serving.MetricITL, serving.MetricE2E} {
		last := free
		for _, seconds := range []float64{100, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003} {
			rate := perfmodel.MaxRate(m, w, []serving.Objective{objective(metric, 0.95, seconds)})
			require.LessOrEqual(t, rate, last*1.001, "%s %g", metric, seconds)
			last = rate
		}
		require.Zero(t, last, "3 ms cannot be kept at any rate")
	}
}

func TestMaxRate_HigherQuantile_AllowsLess(t *testing.T) {
	t.Parallel()
	m, w := model(t, "H100", 1, launch(llama8B)), workload(512, 128)
	at := func(q float64) float64 {
		return perfmodel.MaxRate(m, w, []serving.Objective{objective(serving.MetricE2E, q, 2.5)})
	}
	require.Greater(t, at(0.5), at(0.95))
	require.Greater(t, at(0.95), at(0.99))
}

func TestMaxRate_TheMeanKeepsWhatTheQuantileKeeps(t *testing.T) {
	t.Parallel()
	m, w := model(t, "H100", 1, launch(llama8B)), workload(512, 128)
	rate := perfmodel.MaxRate(m, w, []serving.Objective{objective(serving.MetricTTFT, 0.95, 0.15), objective(serving.MetricITL, 0.95, 0.03)})
	require.Positive(t, rate)
	p := perfmodel.Predict(m, w, rate)
	require.Less(t, p.TTFTSeconds, 0.15)
	require.Less(t, p.ITLSeconds, 0.03)
}

func TestMaxRate_ObjectivesOnErrors_AreNotPredicted(t *testing.T) {
	t.Parallel()
	m, w := model(t, "H100", 1, launch(llama8B)), workload(512, 128)
	errors := []serving.Objective{{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}}
	require.Equal(t, perfmodel.MaxRate(m, w, nil), perfmodel.MaxRate(m, w, errors))
}

func TestMaxRate_IsDeterministic(t *testing.T) {
	t.Parallel()
	w := workload(700, 300)
	slos := []serving.Objective{objective(serving.MetricTTFT, 0.95, 0.5)}
	a := perfmodel.MaxRate(model(t, "H100", 1, launch(llama8B)), w, slos)
	b := perfmodel.MaxRate(model(t, "H100", 1, launch(llama8B)), w, slos)
	require.Equal(t, a, b)
}
