package serving_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func recordedFleet() serving.Fleet {
	return serving.Fleet{Name: "chat", Replicas: 2, Config: serving.EngineConfig{Engine: serving.VLLM, Model: "m",
		Flags: []serving.Flag{{Name: "--max-num-seqs", Value: "16"}, {Name: "--enforce-eager"}, {Name: "--dtype", Value: "auto"}}}}
}

// asRecorded is production without any deviation.
func asRecorded(f serving.Fleet) serving.Observed {
	return serving.Observed{Traffic: serving.Traffic{Weights: serving.AllStable(3)}, Described: true,
		Running: []serving.VariantStatus{{Variant: serving.Stable, Config: f.Config, Endpoints: []string{"http://a", "http://b"}}}}
}

func kindsOf(list []serving.Deviation) []serving.DeviationKind {
	var out []serving.DeviationKind
	for _, d := range list {
		out = append(out, d.Kind)
	}
	return out
}

func TestDeviations_AsRecorded_None(t *testing.T) {
	t.Parallel()
	f := recordedFleet()
	require.Empty(t, f.Deviations(asRecorded(f), serving.Ownership{}))
	require.False(t, f.Suspicious(asRecorded(f)))
}

func TestDeviations_EachKind_IsFoundAndSaysWhat(t *testing.T) {
	t.Parallel()
	f := recordedFleet()
	canary := serving.VariantStatus{Variant: serving.Canary, Config: f.Config, Endpoints: []string{"http://c"}}
	for name, c := range map[string]struct {
		change func(*serving.Observed)
		owner  serving.Ownership
		kinds  []serving.DeviationKind
		says   string
	}{
		"split traffic": {func(o *serving.Observed) {
			o.Traffic.Weights.Shares = []serving.Share{{Variant: serving.Stable, Percent: 75}, {Variant: serving.Canary, Percent: 25}}
		}, serving.Ownership{}, []serving.DeviationKind{serving.DeviatingWeights}, "stable 75%, canary 25%"},
		"orphaned canary": {func(o *serving.Observed) { o.Running = append(o.Running, canary) },
			serving.Ownership{Run: true}, []serving.DeviationKind{serving.DeviatingVariant}, "1 replicas of canary"},
		"orphaned staging": {func(o *serving.Observed) {
			o.Running = append(o.Running, serving.VariantStatus{Variant: serving.Staging, Endpoints: []string{"http://s"}})
		}, serving.Ownership{Rollout: true}, []serving.DeviationKind{serving.DeviatingVariant}, "staging"},
		"other flags": {func(o *serving.Observed) { o.Running[0].Config = f.Config.With("--max-num-seqs", "64") },
			serving.Ownership{}, []serving.DeviationKind{serving.DeviatingFlags}, "--max-num-seqs 16 -> 64"},
		"a replica short": {func(o *serving.Observed) { o.Running[0].Endpoints = []string{"http://a"} },
			serving.Ownership{}, []serving.DeviationKind{serving.DeviatingReplicas}, "1 of 2"},
		"engine says otherwise": {func(o *serving.Observed) { o.Revealed = map[string]string{"max_num_seqs": "32"} },
			serving.Ownership{}, []serving.DeviationKind{serving.DeviatingFlags}, "--max-num-seqs is 32, recorded is 16"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := asRecorded(f)
			c.change(&o)
			found := f.Deviations(o, c.owner)
			require.Equal(t, c.kinds, kindsOf(found))
			require.Contains(t, found[0].Detail, c.says)
			require.True(t, f.Suspicious(o))
		})
	}
}

func TestDeviations_OfAnOpenRolloutOrRun_AreItsBusiness(t *testing.T) {
	t.Parallel()
	f := recordedFleet()
	o := asRecorded(f)
	o.Traffic.Weights.Shares = []serving.Share{{Variant: serving.Canary, Percent: 100}}
	o.Running = []serving.VariantStatus{{Variant: serving.Stable, Config: f.Config.With("--max-num-seqs", "64"), Endpoints: []string{"http://a"}},
		{Variant: serving.Canary, Endpoints: []string{"http://c"}}, {Variant: serving.Staging, Endpoints: []string{"http://s"}}}
	require.Empty(t, f.Deviations(o, serving.Ownership{Rollout: true, Run: true}))
}

func TestDeviations_ReplicasRunByOthers_AreNotHeldToTheRecord(t *testing.T) {
	t.Parallel()
	f := recordedFleet()
	f.Endpoints = []string{"http://theirs"}
	o := asRecorded(f)
	o.Running = nil
	require.Empty(t, f.Deviations(o, serving.Ownership{}))
}

func TestDeviations_ProvisionerNotAsked_SaysNothingOfVariants(t *testing.T) {
	t.Parallel()
	f := recordedFleet()
	require.Empty(t, f.Deviations(serving.Observed{Traffic: serving.Traffic{Weights: serving.AllStable(1)}}, serving.Ownership{}))
}

func TestContradicted_ComparesNumbersAndSwitchesOnly(t *testing.T) {
	t.Parallel()
	c := recordedFleet().Config
	require.Empty(t, c.Contradicted(map[string]string{"max_num_seqs": "16.0", "enforce_eager": "True", "dtype": "bfloat16", "other": "1"}))
	require.Equal(t, []string{"--max-num-seqs is 8, recorded is 16", "--enforce-eager is False, recorded is true"},
		c.Contradicted(map[string]string{"max_num_seqs": "8", "enforce_eager": "False"}))
	require.Empty(t, c.Contradicted(map[string]string{"max_num_seqs": "many"}), "what is no number contradicts none")
}

func TestRepairs_FollowsThePolicy(t *testing.T) {
	t.Parallel()
	weights := []serving.Deviation{{Kind: serving.DeviatingWeights}}
	flags := []serving.Deviation{{Kind: serving.DeviatingFlags}}
	require.True(t, serving.ChangePolicy{}.Repairs(weights))
	require.False(t, serving.ChangePolicy{}.Repairs(flags))
	require.True(t, serving.ChangePolicy{}.Repairs(append(flags, weights...)))
	require.False(t, serving.ChangePolicy{RepairDrift: serving.ReportDrift}.Repairs(weights))
	require.True(t, serving.ChangePolicy{RepairDrift: serving.RepairDrift}.Repairs(flags))
}
