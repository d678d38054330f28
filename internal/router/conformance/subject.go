package conformance

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Subject is one router under test. It begins with everything on stable. Router
// and Fleet are required; the rest is nil where the kind cannot do it.
type Subject struct {
	Router router.Router
	Fleet  serving.Fleet

	// Pools are base URLs that serve, two for each variant of production, for
	// routers that are told their replicas. Nil: the pools are objects of the
	// platform, exist already, and SetEndpoints is not asked.
	Pools map[serving.Variant][]string
	// Again makes a second client of the same router that shares nothing in this
	// process with the first, as another worker would have.
	Again func() router.Router
	// Ask sends one request of a user through the router and tells which variant
	// served it. An error is a request that a user lost.
	Ask func(ctx context.Context, session string) (serving.Variant, error)
	// Hold opens a stream through the router that stays open until finish is
	// called; finish tells whether the user got the whole of it.
	Hold func(t *testing.T) (v serving.Variant, finish func() error)
	// Restart ends the router and starts it again, so that what only its memory
	// held is lost. It may return before the router answers.
	Restart func(t *testing.T)
	// LoseAnswer has the n-th exchange with the router from now on (from 0) carried
	// out and its answer lost. disarm ends that and tells whether it came to pass.
	LoseAnswer func(n int) (disarm func() (lost bool))
}

// Run tests a kind of router. start makes a fresh Subject for each test and
// cleans up by t.Cleanup; the tests run in parallel.
func Run(t *testing.T, start func(t *testing.T) *Subject) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*testing.T, *Subject)
	}{
		{"Weights_AreAbsoluteAndReadBack", weightsAreAbsolute},
		{"Weights_AreFencedByRevision", weightsAreFenced},
		{"Weights_ThatMakeNoSense_AreRefusedAndChangeNothing", senselessWeights},
		{"Pools_AreAbsoluteAndIdempotent", poolsAreAbsolute},
		{"Pools_OfVariantsWithWeight_AreNotEmptied", poolsInUse},
		{"Split_ArrivesAtTheReplicas", splitArrives},
		{"Sessions_StayWhileTheirVariantGrows", sessionsStay},
		{"Counters_CountWhatArrived", countersCount},
		{"Observe_GivesSamplesOrSaysThatThereAreNone", samplesOrNone},
		{"Writers_TheHighestRevisionWins", highestRevisionWins},
		{"Writers_OfOneRevision_OneSplitWins", oneSplitWins},
		{"LostAnswer_OfWeights_IsCuredByTheRetry", lostWeights},
		{"LostAnswer_OfPools_IsCuredByTheRetry", lostPools},
		{"Restart_KeepsSplitRevisionAndPools", restartKeeps},
		{"Drain_CutsNothingAndIsSeen", drainCutsNothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, start(t))
		})
	}
}

// production are the variants that users may be sent to, stable first.
func production() []serving.Variant {
	return []serving.Variant{serving.Stable, serving.Canary, serving.Baseline}
}

// fillPools gives every variant of production its replicas.
func (s *Subject) fillPools(t *testing.T) {
	t.Helper()
	if s.Pools == nil {
		return
	}
	for _, v := range production() {
		require.NoError(t, s.Router.SetEndpoints(t.Context(), s.Fleet, v, s.Pools[v]))
	}
}

func (s *Subject) traffic(t *testing.T) serving.Traffic {
	t.Helper()
	got, err := s.Router.Traffic(t.Context(), s.Fleet)
	require.NoError(t, err)
	return got
}

func (s *Subject) revision(t *testing.T) int64 { t.Helper(); return s.traffic(t).Weights.Revision }

func (s *Subject) set(t *testing.T, w serving.Weights) {
	t.Helper()
	require.NoError(t, s.Router.SetWeights(t.Context(), s.Fleet, w))
}

// requireInForce asserts that the router reports exactly the split.
func (s *Subject) requireInForce(t *testing.T, w serving.Weights) {
	t.Helper()
	require.NoError(t, differs(s.traffic(t).Weights, w))
}

func differs(got, want serving.Weights) error {
	if got.Revision != want.Revision || !got.SameSplit(want) {
		return fmt.Errorf("the router reports %v, not %v", got, want)
	}
	return got.Validate()
}

func split(revision int64, canary, baseline int) serving.Weights {
	return serving.Weights{Revision: revision, Shares: []serving.Share{
		{Variant: serving.Stable, Percent: 100 - canary - baseline},
		{Variant: serving.Canary, Percent: canary}, {Variant: serving.Baseline, Percent: baseline}}}
}

// eventually polls for what no channel tells; 20 s are for a busy machine.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, 5*time.Millisecond, what)
}

func need(t *testing.T, has bool, what string) {
	t.Helper()
	if !has {
		t.Skip("this kind of router " + what)
	}
}
