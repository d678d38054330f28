package activities_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// run executes an activity of the struct by its name.
func run(t *testing.T, of any, name string, in, out any) error {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(of)
	var value converter.EncodedValue
	value, err := env.ExecuteActivity(name, in)
	if err != nil || out == nil {
		return err
	}
	return value.Get(out)
}

func requirePermanent(t *testing.T, err error, permanent bool) {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, permanent, app.NonRetryable())
}

func TestSetWeights_RouterForgets_FailsInsteadOfBelieving(t *testing.T) {
	t.Parallel()
	p := &production{ignore: true}
	err := run(t, activities.NewTraffic(p), "SetWeights", activities.SetWeightsInput{Fleet: chat, Weights: canarySplit}, nil)
	require.ErrorContains(t, err, "after")
	requirePermanent(t, err, false)
}

func TestSetWeights_RouterKeepsThem_Succeeds(t *testing.T) {
	t.Parallel()
	p := &production{}
	require.NoError(t, run(t, activities.NewTraffic(p), "SetWeights", activities.SetWeightsInput{Fleet: chat, Weights: canarySplit}, nil))
	require.Equal(t, []string{"weights"}, p.writes)
}

func TestErrors_PermanentOnesAreNotRetried(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err       error
		permanent bool
	}{
		"stale revision": {fmt.Errorf("stale: %w", serving.ErrPermanent), true},
		"unreachable":    {errors.New("connection refused"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &production{err: tc.err}
			requirePermanent(t, run(t, activities.NewTraffic(p), "SetWeights", activities.SetWeightsInput{Fleet: chat, Weights: canarySplit}, nil), tc.permanent)
			requirePermanent(t, run(t, activities.NewVariants(p), "EnsureVariant", activities.EnsureVariantInput{Fleet: chat, Variant: serving.Canary, Replicas: 1}, nil), tc.permanent)
		})
	}
}

func TestDrainVariant_TakesItOutAndWaitsForItsRequests(t *testing.T) {
	t.Parallel()
	p := &production{inFlight: []int{3, 1, 0}}
	var out activities.DrainVariantResult
	require.NoError(t, run(t, activities.NewTraffic(p), "DrainVariant", activities.DrainVariantInput{Fleet: chat, Variant: serving.Canary, MaxSeconds: 5}, &out))
	require.Zero(t, out.Left)
	require.Equal(t, []string{"route canary"}, p.writes)
}

func TestDrainVariant_RequestsThatStay_AreReportedAfterItsTime(t *testing.T) {
	t.Parallel()
	p := &production{inFlight: []int{2}}
	var out activities.DrainVariantResult
	require.NoError(t, run(t, activities.NewTraffic(p), "DrainVariant", activities.DrainVariantInput{Fleet: chat, Variant: serving.Canary, MaxSeconds: 0.01}, &out))
	require.Equal(t, 2, out.Left)
}

func TestJudgeStage_NoCanaryRuns_IsAHardFailure(t *testing.T) {
	t.Parallel()
	p := &production{variants: []serving.VariantStatus{{Variant: serving.Stable, Endpoints: []string{"http://a"}}}}
	var out activities.JudgeStageResult
	require.NoError(t, run(t, activities.NewJudging(p, p, p), "JudgeStage", activities.JudgeStageInput{Fleet: chat, Config: judge.DefaultConfig()}, &out))
	require.Equal(t, serving.VerdictFail, out.Judgement.Verdict)
	require.True(t, out.Judgement.HardAbort)
}

func TestJudgeStage_ComparesTheArmsItWasTold(t *testing.T) {
	t.Parallel()
	up := []string{"http://a"}
	p := &production{variants: []serving.VariantStatus{{Variant: serving.Canary, Endpoints: up}, {Variant: serving.Baseline, Endpoints: up}},
		looks: []look{{canarySplit, []serving.ArmObservation{arm(serving.Canary, 200, 0.6), arm(serving.Baseline, 200, 0.2)}}}}
	var out activities.JudgeStageResult
	require.NoError(t, run(t, activities.NewJudging(p, p, p), "JudgeStage",
		activities.JudgeStageInput{Fleet: chat, Reference: serving.Baseline, Config: judge.DefaultConfig()}, &out))
	require.Equal(t, serving.VerdictFail, out.Judgement.Verdict, out.Judgement.Reason)
	require.Equal(t, "baseline", out.Judgement.ComparedWith)
	require.Equal(t, 200, out.Judgement.Canary.Requests)
}

func TestJudgeStage_NoSamples_IsNeverAPass(t *testing.T) {
	t.Parallel()
	p := &production{variants: []serving.VariantStatus{{Variant: serving.Canary, Endpoints: []string{"http://a"}}}}
	var out activities.JudgeStageResult
	require.NoError(t, run(t, activities.NewJudging(p, p, p), "JudgeStage", activities.JudgeStageInput{Fleet: chat, Config: judge.DefaultConfig()}, &out))
	require.Equal(t, serving.VerdictInsufficientData, out.Judgement.Verdict)
}

func TestScrapeFleet_MeasuresTheIncreaseOverItsWindowAndStoresIt(t *testing.T) {
	t.Parallel()
	p := &production{variants: []serving.VariantStatus{{Variant: serving.Stable, Endpoints: []string{"http://a"}}}}
	var out activities.ScrapeFleetResult
	require.NoError(t, run(t, activities.NewMetrics(p, p, p), "ScrapeFleet", activities.ScrapeFleetInput{Fleet: chat, Variant: serving.Stable, WindowSeconds: 0.01}, &out))
	require.InDelta(t, 100, out.Snapshot.GenerationTokens.Or(0), 0)
	require.Len(t, p.saved, 1)
}

func TestScrapeFleet_NoReplica_SaysWhichVariantOfWhichFleet(t *testing.T) {
	t.Parallel()
	p := &production{}
	err := run(t, activities.NewMetrics(p, p, p), "ScrapeFleet", activities.ScrapeFleetInput{Fleet: chat, Variant: serving.Stable}, nil)
	require.ErrorContains(t, err, "fleet chat has no running replica of variant stable")
}

func TestValidateConfig_NamesFlagRuleAndFix(t *testing.T) {
	t.Parallel()
	engines := known.Engines()
	bad := chat.Config.With("--gpu-memory-utilization", "1.7")
	err := run(t, activities.NewAnalysis(engines), "ValidateConfig", activities.ValidateConfigInput{Fleet: chat, Config: bad}, nil)
	require.ErrorContains(t, err, "--gpu-memory-utilization")
	requirePermanent(t, err, true)
}

func TestDiagnoseFleet_NothingServedAndNoWorkloadGiven_FailsForGoodWithTheFix(t *testing.T) {
	t.Parallel()
	engines := known.Engines()
	err := run(t, activities.NewAnalysis(engines), "DiagnoseFleet", activities.DiagnoseFleetInput{Fleet: chat}, nil)
	require.ErrorContains(t, err, "set the fleet's workload or observe longer")
	requirePermanent(t, err, true)
}
