package propose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestCandidates_MistunedFleet_BestIsPredictedThreefoldAndMendsEverything(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{0, 0.3, 0.6} {
		in := input(mistuned(t), "H100")
		in.Workload.PrefixShare = share
		top := candidates(t, in, 1)
		require.Len(t, top, 1)
		require.GreaterOrEqual(t, top[0].Predicted.ThroughputLow, 3.0)
		_, eager := top[0].Config.Get("--enforce-eager")
		require.False(t, eager, "nothing predicted is lost by mending it too")
	}
}

func TestCandidates_CheapOnly_StillReachThreefold(t *testing.T) {
	t.Parallel()
	top := candidates(t, allowing(input(mistuned(t), "H100"), serving.RiskCheap), 1)
	require.GreaterOrEqual(t, top[0].Predicted.ThroughputLow, 3.0)
	require.Equal(t, serving.RiskCheap, top[0].Risk)
}

func TestCandidates_EachIsValidDistinctNewAndNamed(t *testing.T) {
	t.Parallel()
	eng := vllm.New()
	for _, in := range []propose.Input{
		input(mistuned(t), "H100"), allRisks(input(serve(t, llama8B), "A100-80")), allRisks(input(serve(t, llama8B, "--max-model-len", "8192"), "L4")),
	} {
		got := candidates(t, in, 0)
		require.NotEmpty(t, got)
		keys, names := map[string]bool{in.Fleet.Config.Key(): true}, map[string]bool{}
		for _, c := range got {
			require.False(t, keys[c.Config.Key()], "twice: %s", c.Name)
			require.False(t, names[c.Name], c.Name)
			keys[c.Config.Key()], names[c.Name] = true, true
			require.Empty(t, eng.Validate(c.Config, in.Fleet.Hardware))
			require.NotEmpty(t, c.Recommendations)
			require.True(t, in.Fleet.Policy.Allows(c.Risk))
			require.Greater(t, c.Predicted.ThroughputHigh, 1+propose.MinPredictedGain)
		}
	}
}

func TestCandidates_Order_BestPredictionFirst(t *testing.T) {
	t.Parallel()
	got := candidates(t, input(mistuned(t), "H100"), 0)
	for i := 1; i < len(got); i++ {
		require.LessOrEqual(t, got[i].Predicted.ThroughputLow, 1.011*got[i-1].Predicted.ThroughputLow)
	}
}

func TestCandidates_SmallLimit_KeepsTheBestOfEachRisk(t *testing.T) {
	t.Parallel()
	got := candidates(t, input(mistuned(t), "H100"), 2)
	require.Len(t, got, 2)
	require.Equal(t, serving.RiskNumerics, got[0].Risk)
	require.Equal(t, serving.RiskCheap, got[1].Risk, "something must be left when the quality gate fails")
	require.Greater(t, len(got[1].Recommendations), 2)
}

func TestCandidates_Risk_IsTheGreatestOfTheParts(t *testing.T) {
	t.Parallel()
	in := allRisks(input(mistuned(t), "A100-80"))
	for _, c := range candidates(t, in, 0) {
		want := serving.RiskCheap
		if c.Config.Model != in.Fleet.Config.Model {
			want = serving.RiskNewWeights
		}
		require.Equal(t, want, c.Risk, c.Name)
	}
}

func TestCandidates_ConflictingRecommendations_AreNeverCombined(t *testing.T) {
	t.Parallel()
	in := allRisks(input(mistuned(t), "H100"))
	for _, c := range candidates(t, in, 0) {
		_, fp8 := c.Config.Get("--quantization")
		require.False(t, fp8 && c.Config.Model != in.Fleet.Config.Model, c.Name)
	}
}

func TestCandidates_ForeignProposals_AreScreenedLikeAnyOther(t *testing.T) {
	t.Parallel()
	in := input(mistuned(t), "H100")
	slower := serving.Recommendation{ID: "llm/fewer-slots", Family: serving.FamilyBatching, Source: serving.SourceLLM, Risk: serving.RiskCheap,
		Changes: []serving.FlagChange{{Flag: "--max-num-seqs", To: text("4")}}}
	refused := serving.Recommendation{ID: "llm/nonsense", Family: serving.FamilyKVCache, Source: serving.SourceLLM, Risk: serving.RiskCheap,
		Changes: []serving.FlagChange{{Flag: "--gpu-memory-utilization", To: text("1.7")}}}
	cut := serving.Recommendation{ID: "llm/shorter", Family: serving.FamilyKVCache, Source: serving.SourceLLM, Risk: serving.RiskCapabilityCut,
		Changes: []serving.FlagChange{{Flag: "--max-model-len", To: text("1024")}}}
	better := serving.Recommendation{ID: "llm/slots", Family: serving.FamilyBatching, Source: serving.SourceLLM, Risk: serving.RiskCheap,
		Changes: []serving.FlagChange{{Flag: "--max-num-seqs", To: text("128")}}}
	got := propose.Candidates(in, []serving.Recommendation{slower, refused, cut, better}, vllm.New(), 0)
	require.Len(t, got, 1)
	require.Equal(t, []string{"llm/slots"}, got[0].Recommendations)
}

func TestCandidates_NothingRecommended_IsAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	require.Empty(t, propose.Candidates(input(mistuned(t), "H100"), nil, vllm.New(), 5))
}

func TestCandidates_ObjectiveThatThePresentConfigCannotKeep_StillRanks(t *testing.T) {
	t.Parallel()
	in := input(mistuned(t), "H100")
	in.Fleet.SLOs = []serving.Objective{{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: 0.012}}
	got := candidates(t, in, 3)
	require.NotEmpty(t, got)
	require.Contains(t, got[0].Predicted.Basis, "hardly any rate")
	require.Less(t, got[0].Predicted.ThroughputHigh, 1000.0, "no ratio to nothing")
}

func TestDefaults_DropsTuningAndKeepsWhatIsServed(t *testing.T) {
	t.Parallel()
	fleet := serving.Fleet{Config: serve(t, llama8B, "--enforce-eager", "--max-num-seqs", "16", "--max-model-len", "8192",
		"--served-model-name", "chat", "--tensor-parallel-size", "2", "--quantization", "fp8", "--no-enable-prefix-caching")}
	got := propose.Defaults(fleet)
	require.Equal(t, "defaults", got.Name)
	require.Equal(t, []string{"--max-model-len 8192", "--served-model-name chat", "--tensor-parallel-size 2"}, got.Config.FlagList())
	require.Equal(t, serving.RiskNumerics, got.Risk, "16 bits again")
	require.Empty(t, got.Recommendations)
	require.Len(t, fleet.Config.Flags, 7, "the fleet's own configuration is untouched")
}
