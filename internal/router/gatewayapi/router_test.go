package gatewayapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestTraffic_UntouchedRoute_IsAllStableAtRevisionZero(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute(), endpointSlice("chat", "192.0.2.2", true), endpointSlice("chat", "192.0.2.1", true), endpointSlice("chat", "192.0.2.3", false))
	now, err := c.router.Traffic(t.Context(), c.fleet)
	require.NoError(t, err)
	require.True(t, now.Weights.SameSplit(serving.AllStable(0)))
	require.Zero(t, now.Weights.Revision)
	require.Equal(t, []string{"http://192.0.2.1:8000", "http://192.0.2.2:8000"}, now.Pool(serving.Stable).Endpoints, "those that are ready")
	require.Zero(t, c.patches(), "reading writes nothing")
}

func TestRollout_OneVariantUpAndDown_LeavesTheRuleAsItWas(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute(), service("chat", serving.Stable), service("chat-canary", serving.Canary))
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, serves))
	require.Equal(t, map[string]int32{"chat": -1, "chat-canary": 0}, c.backends(t), "a new backend has no traffic yet")
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, split(1, 75, 25)))
	require.Equal(t, map[string]int32{"chat": 75, "chat-canary": 25}, c.backends(t))
	now, err := c.router.Traffic(t.Context(), c.fleet)
	require.NoError(t, err)
	require.Equal(t, int64(1), now.Weights.Revision)
	require.True(t, now.Weights.SameSplit(split(0, 75, 25)))
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, serving.AllStable(2)))
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, nil))
	require.Equal(t, map[string]int32{"chat": 100}, c.backends(t))
	now, err = c.router.Traffic(t.Context(), c.fleet)
	require.NoError(t, err)
	require.Equal(t, int64(2), now.Weights.Revision, "the revision outlives the variant")
}

func TestSetWeights_EqualRevision_IsIdempotentAndRestoresWhatAPersonMoved(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute(), service("chat-canary", serving.Canary))
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, serves))
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, split(5, 90, 10)))
	before := c.patches()
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, split(5, 90, 10)))
	require.Equal(t, before, c.patches())

	moved := c.route(t)
	zero := int32(0)
	moved.Spec.Rules[0].BackendRefs[0].Weight = &zero
	c.replace(t, moved)
	now, err := c.router.Traffic(t.Context(), c.fleet)
	require.NoError(t, err)
	require.Equal(t, 100, now.Weights.Of(serving.Canary), "what is in force is told, not what was written")
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, split(5, 90, 10)))
	require.Equal(t, map[string]int32{"chat": 90, "chat-canary": 10}, c.backends(t))
}

func TestSetWeights_OvertakenRevision_IsRefused(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute(), service("chat-canary", serving.Canary))
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, serves))
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, split(5, 90, 10)))
	require.ErrorIs(t, c.router.SetWeights(t.Context(), c.fleet, split(4, 50, 50)), router.ErrStaleRevision)
	require.ErrorIs(t, c.router.SetWeights(t.Context(), c.fleet, split(5, 50, 50)), router.ErrStaleRevision, "one revision is one split")
	require.Equal(t, map[string]int32{"chat": 90, "chat-canary": 10}, c.backends(t))
}

func TestSetWeights_InvalidSplit_WritesNothing(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute(), service("chat-canary", serving.Canary))
	for _, w := range []serving.Weights{split(1, 90, 20), split(1, -10, 110), split(1, 0, 0), split(1, 75, 25)} {
		require.ErrorIs(t, c.router.SetWeights(t.Context(), c.fleet, w), router.ErrInvalid, "%v: the canary has no backend", w)
	}
	require.Zero(t, c.patches())
}

func TestSetWeights_RouteChangedInBetween_IsDecidedAnew(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute(), service("chat-canary", serving.Canary))
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, serves))
	overtaken := 0
	c.client.PrependReactor("patch", "httproutes", func(clienttesting.Action) (bool, runtime.Object, error) {
		if overtaken++; overtaken > 2 {
			return false, nil, nil
		}
		return true, nil, apierrors.NewConflict(schema.GroupResource{Resource: "httproutes"}, "chat", nil)
	})
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, split(1, 75, 25)))
	require.Equal(t, map[string]int32{"chat": 75, "chat-canary": 25}, c.backends(t))
}

func TestSetWeights_RouteChangesForEver_IsUnreachableNotPermanent(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute())
	c.client.PrependReactor("patch", "httproutes", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewConflict(schema.GroupResource{Resource: "httproutes"}, "chat", nil)
	})
	err := c.router.SetWeights(t.Context(), c.fleet, serving.AllStable(1))
	require.ErrorIs(t, err, router.ErrUnreachable)
	require.NotErrorIs(t, err, serving.ErrPermanent)
}

func TestErrors_OfTheAPIServer_AreTheRoutersSentinels(t *testing.T) {
	t.Parallel()
	routes := schema.GroupResource{Group: "gateway.networking.k8s.io", Resource: "httproutes"}
	for _, k := range []struct{ answer, want error }{
		{apierrors.NewNotFound(routes, "chat"), router.ErrInvalid},
		{apierrors.NewForbidden(routes, "chat", nil), router.ErrInvalid},
		{apierrors.NewServiceUnavailable("starting"), router.ErrUnreachable},
		{apierrors.NewTooManyRequests("slow down", 1), router.ErrUnreachable},
	} {
		c := newCluster(t, plainRoute())
		c.client.PrependReactor("get", "httproutes", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, k.answer })
		_, err := c.router.Traffic(t.Context(), c.fleet)
		require.ErrorIs(t, err, k.want)
		require.ErrorIs(t, c.router.SetWeights(t.Context(), c.fleet, serving.AllStable(1)), k.want)
	}
}

func TestObserveAndCounters_HaveNothing(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute())
	_, err := c.router.Observe(t.Context(), c.fleet, 0, 1)
	require.ErrorIs(t, err, router.ErrNoSamples)
	_, err = c.router.Counters(t.Context(), c.fleet)
	require.ErrorIs(t, err, router.ErrNoCounters)
}

func (c *cluster) replace(t *testing.T, r *gatewayv1.HTTPRoute) {
	t.Helper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(r)
	require.NoError(t, err)
	require.NoError(t, c.client.Tracker().Update(schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"}, unstructuredOf(content), namespace))
}
