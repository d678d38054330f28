package gateway_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func ruled(revision int64, v serving.Variant) serving.Weights {
	w := serving.AllStable(revision)
	w.Rules = []serving.RouteRule{{Header: "X-Session-Id", Value: "beta", Variant: v}}
	return w
}

func TestGateway_RequestsWithTheRulesHeader_GoToItsVariantAndAllOthersByTheShares(t *testing.T) {
	t.Parallel()
	s := threeArms(t)
	require.NoError(t, s.SetWeights(ruled(1, serving.Canary)))
	for range 50 {
		require.Equal(t, "canary", s.ask("beta").variant)
		require.Equal(t, "stable", s.ask("Beta").variant, "a value is meant as it is written")
		require.Equal(t, "stable", s.ask("").variant)
	}
	require.ErrorIs(t, s.SetEndpoints(serving.Canary, nil), router.ErrInUse, "a rule still sends requests there")
	require.NoError(t, s.SetWeights(serving.AllStable(2)))
	require.Equal(t, "stable", s.ask("beta").variant)
	require.NoError(t, s.SetEndpoints(serving.Canary, nil))
}

func TestGateway_RuleOfAVariantThatCannotServe_IsRefused(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	s.pool(t, serving.Stable, newEngine(t, "stable", func(e *engine) { e.Events = 1 }))
	require.ErrorIs(t, s.SetWeights(ruled(1, serving.Canary)), router.ErrInvalid)
	require.ErrorIs(t, s.SetWeights(ruled(1, "moon")), router.ErrInvalid)
}

func TestWeights_AnotherRule_IsAnotherSplit(t *testing.T) {
	t.Parallel()
	require.False(t, ruled(1, serving.Canary).SameSplit(serving.AllStable(1)))
	require.False(t, ruled(1, serving.Canary).SameSplit(ruled(1, serving.Baseline)))
	require.True(t, ruled(1, serving.Canary).SameSplit(ruled(2, serving.Canary)))
	bad := ruled(1, serving.Canary)
	bad.Rules[0].Value = ""
	require.ErrorContains(t, bad.Validate(), "needs a header, a value and a variant")
}
