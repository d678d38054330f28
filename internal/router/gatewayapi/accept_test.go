package gatewayapi_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/gatewayapi"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// reported is a route on which a gateway has reported, with a canary beside
// stable. The fake API server leaves generations alone, so the tests set them.
func reported(seen int64, accepted, resolved metav1.ConditionStatus) *gatewayv1.HTTPRoute {
	return plainRoute(func(r *gatewayv1.HTTPRoute) {
		r.Generation = 2
		r.Spec.Rules[0].BackendRefs = append(r.Spec.Rules[0].BackendRefs, backendRef("chat-canary", weight(0)))
		r.Status.Parents = []gatewayv1.RouteParentStatus{{ParentRef: gatewayv1.ParentReference{Name: "edge"}, Conditions: []metav1.Condition{
			{Type: "Accepted", Status: accepted, ObservedGeneration: seen},
			{Type: "ResolvedRefs", Status: resolved, ObservedGeneration: seen, Reason: "BackendNotFound", Message: "no such Service"}}}}
	})
}

func TestSetWeights_GatewayAccepts_Succeeds(t *testing.T) {
	t.Parallel()
	c := newCluster(t, reported(2, metav1.ConditionTrue, metav1.ConditionTrue), service("chat-canary", serving.Canary))
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, split(1, 50, 50)))
}

func TestSetWeights_GatewayRefuses_IsInvalidWithItsWords(t *testing.T) {
	t.Parallel()
	c := newCluster(t, reported(2, metav1.ConditionTrue, metav1.ConditionFalse), service("chat-canary", serving.Canary))
	err := c.router.SetWeights(t.Context(), c.fleet, split(1, 50, 50))
	require.ErrorIs(t, err, router.ErrInvalid)
	require.ErrorContains(t, err, "gateway edge says ResolvedRefs=False: BackendNotFound: no such Service")
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, serving.AllStable(2)), "the way back needs no canary")

	c = newCluster(t, reported(2, metav1.ConditionFalse, metav1.ConditionTrue), service("chat-canary", serving.Canary))
	err = c.router.SetWeights(t.Context(), c.fleet, serving.AllStable(2))
	require.ErrorIs(t, err, router.ErrInvalid, "a route that is not accepted serves nobody")
	require.ErrorContains(t, err, "Accepted=False")
}

func TestSetWeights_GatewayLagsBehind_IsAwaited(t *testing.T) {
	t.Parallel()
	c := newCluster(t, reported(1, metav1.ConditionTrue, metav1.ConditionTrue), service("chat-canary", serving.Canary))
	reads := 0
	c.client.PrependReactor("get", "httproutes", func(clienttesting.Action) (bool, runtime.Object, error) {
		if reads++; reads == 4 {
			r := reported(2, metav1.ConditionTrue, metav1.ConditionTrue)
			content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(r)
			return true, unstructuredOf(content), err
		}
		return false, nil, nil
	})
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, split(1, 50, 50)))
	require.GreaterOrEqual(t, reads, 4)
}

func TestSetWeights_GatewayNeverFollows_IsUnreachable(t *testing.T) {
	t.Parallel()
	c := newCluster(t, reported(1, metav1.ConditionTrue, metav1.ConditionTrue), service("chat-canary", serving.Canary))
	impatient := gatewayapi.New(kube.NewClustersOf(c.client), 10*time.Millisecond)
	err := impatient.SetWeights(t.Context(), c.fleet, split(1, 50, 50))
	require.ErrorIs(t, err, router.ErrUnreachable)
	require.ErrorContains(t, err, "gateway edge")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, c.router.SetWeights(ctx, c.fleet, split(1, 50, 50)), context.Canceled)
}
