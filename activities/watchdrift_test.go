package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// whole is stable as chat's record says.
func whole() serving.VariantStatus {
	return serving.VariantStatus{Variant: serving.Stable, Config: chat.Config, Endpoints: []string{"http://a", "http://b"}}
}

func describing() activities.WatchFleetInput {
	in := watchInput()
	in.DescribeSeconds = 0.005
	return in
}

func TestWatchFleet_OrphanedVariant_IsDriftAfterTwoLooks(t *testing.T) {
	t.Parallel()
	orphan := serving.VariantStatus{Variant: serving.Canary, Config: chat.Config, Endpoints: []string{"http://c"}}
	p := &production{variants: []serving.VariantStatus{whole(), orphan}, abandoned: &serving.Abandoned{RolloutID: "r", How: "terminated by ana"}}
	out, err := runWatch(t, p, describing())
	require.NoError(t, err)
	require.Len(t, out.Deviations, 1)
	require.Equal(t, serving.DeviatingVariant, out.Deviations[0].Kind)
	require.Equal(t, serving.Canary, out.Deviations[0].Variant)
	require.Equal(t, "terminated by ana", out.Abandoned.How)
	require.Len(t, out.Running, 2)
	require.GreaterOrEqual(t, out.Ticks, 2)
	p.open = true
	out, err = runWatch(t, p, describing())
	require.NoError(t, err)
	require.Empty(t, out.Deviations, "an open rollout's canary was taken for drift")
}

func TestWatchFleet_OtherFlags_AreFoundWithTheirDifference(t *testing.T) {
	t.Parallel()
	other := whole()
	other.Config.Flags = []serving.Flag{{Name: "--max-num-seqs", Value: "8"}}
	out, err := runWatch(t, &production{variants: []serving.VariantStatus{other}}, describing())
	require.NoError(t, err)
	require.Len(t, out.Deviations, 1)
	require.Equal(t, serving.DeviatingFlags, out.Deviations[0].Kind)
	require.Contains(t, out.Deviations[0].Detail, "--max-num-seqs 8")
}

func TestWatchFleet_KnownDeviation_IsNotReportedAgainAndItsEndIs(t *testing.T) {
	t.Parallel()
	other := whole()
	other.Config.Flags = []serving.Flag{{Name: "--max-num-seqs", Value: "8"}}
	first, err := runWatch(t, &production{variants: []serving.VariantStatus{other}}, describing())
	require.NoError(t, err)
	in := describing()
	in.Known = []string{first.Deviations[0].Key()}
	again, err := runWatch(t, &production{variants: []serving.VariantStatus{other}}, in)
	require.NoError(t, err)
	require.Nil(t, again.Drift)
	require.False(t, again.Recovered)
	over, err := runWatch(t, &production{variants: []serving.VariantStatus{whole()}}, in)
	require.NoError(t, err)
	require.True(t, over.Recovered)
	require.Empty(t, over.Deviations)
	require.Equal(t, 1, over.Ticks)
}

func TestWatchFleet_OneOfTwoKnownDeviationsEnds_TheOtherStays(t *testing.T) {
	t.Parallel()
	other := whole()
	other.Config.Flags = []serving.Flag{{Name: "--max-num-seqs", Value: "8"}}
	orphan := serving.VariantStatus{Variant: serving.Canary, Config: chat.Config, Endpoints: []string{"http://c"}}
	both, err := runWatch(t, &production{variants: []serving.VariantStatus{other, orphan}}, describing())
	require.NoError(t, err)
	require.Len(t, both.Deviations, 2)
	in := describing()
	in.Known = []string{both.Deviations[0].Key(), both.Deviations[1].Key()}
	left, err := runWatch(t, &production{variants: []serving.VariantStatus{other}}, in)
	require.NoError(t, err)
	require.True(t, left.Recovered)
	require.Len(t, left.Deviations, 1)
	require.Equal(t, serving.DeviatingFlags, left.Deviations[0].Kind)
}
