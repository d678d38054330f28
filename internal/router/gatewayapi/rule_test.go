package gatewayapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/gatewayapi"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func unstructuredOf(content map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: content}
}

func weight(w int32) *int32 { return &w }

func TestRule_OfSeveral_IsChosenByNameOrIndex(t *testing.T) {
	t.Parallel()
	named := gatewayv1.SectionName("completions")
	c := newCluster(t, plainRoute(func(r *gatewayv1.HTTPRoute) {
		r.Spec.Rules = append(r.Spec.Rules, gatewayv1.HTTPRouteRule{Name: &named, BackendRefs: []gatewayv1.HTTPBackendRef{
			backendRef("other", weight(3)), backendRef("chat-canary", weight(1))}})
	}), service("chat-canary", serving.Canary))
	for _, part := range []string{"#completions", "#1"} {
		c.fleet.Router.Address = "llm/chat" + part
		now, err := c.router.Traffic(t.Context(), c.fleet)
		require.NoError(t, err)
		require.True(t, now.Weights.SameSplit(split(0, 75, 25)), "%v", now.Weights)
	}
	for _, part := range []string{"", "#2", "#chat", "#-1"} {
		c.fleet.Router.Address = "llm/chat" + part
		_, err := c.router.Traffic(t.Context(), c.fleet)
		require.ErrorIs(t, err, router.ErrInvalid, part)
	}
}

func TestRule_ForeignSecondBackend_IsRefusedBecauseStableIsUnclear(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute(func(r *gatewayv1.HTTPRoute) {
		r.Spec.Rules[0].BackendRefs = append(r.Spec.Rules[0].BackendRefs, backendRef("somebody-elses", weight(1)))
	}))
	_, err := c.router.Traffic(t.Context(), c.fleet)
	require.ErrorIs(t, err, router.ErrInvalid)
	require.ErrorContains(t, err, "2 backends that the agent did not add")
}

// kubectl replace with a manifest from git drops the annotation; the way back
// must still be found.
func TestRule_RecordLost_VariantsAreKnownByTheirServices(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute(func(r *gatewayv1.HTTPRoute) {
		r.Spec.Rules[0].BackendRefs = []gatewayv1.HTTPBackendRef{backendRef("chat-canary", weight(50)), backendRef("chat", weight(50))}
	}), service("chat-canary", serving.Canary))
	now, err := c.router.Traffic(t.Context(), c.fleet)
	require.NoError(t, err)
	require.True(t, now.Weights.SameSplit(split(0, 50, 50)))
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, serving.AllStable(9)))
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, nil))
	require.Equal(t, map[string]int32{"chat": 100}, c.backends(t))
}

func TestTraffic_WeightsOfPeople_AreWholePercentsThatSumTo100(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		stable, canary *int32
		want           serving.Weights
	}{
		{nil, nil, split(0, 50, 50)},
		{weight(2), weight(1), split(0, 67, 33)},
		{weight(1_000_000), weight(1), split(0, 100, 0)},
		{weight(0), weight(7), split(0, 0, 100)},
		{weight(0), weight(0), serving.Weights{}},
	} {
		c := newCluster(t, plainRoute(func(r *gatewayv1.HTTPRoute) {
			r.Spec.Rules[0].BackendRefs = []gatewayv1.HTTPBackendRef{backendRef("chat", k.stable), backendRef("chat-canary", k.canary)}
		}), service("chat-canary", serving.Canary))
		now, err := c.router.Traffic(t.Context(), c.fleet)
		require.NoError(t, err)
		require.True(t, now.Weights.SameSplit(k.want), "%v, want %v", now.Weights, k.want)
		if len(k.want.Shares) > 0 {
			require.NoError(t, now.Weights.Validate())
		}
	}
}

func TestSetEndpoints_NoService_IsRefusedSinceTheGatewayWouldAnswer500(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute())
	require.ErrorIs(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, serves), router.ErrInvalid)
	require.ErrorIs(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, []string{"http://nothing.llm.svc:80"}), router.ErrInvalid)
	require.Zero(t, c.patches())
}

func TestSetEndpoints_ServiceNamedByTheEndpoints_IsTaken(t *testing.T) {
	t.Parallel()
	s := service("made-by-hand", serving.Stable)
	c := newCluster(t, plainRoute(), s)
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, []string{"http://made-by-hand.llm.svc.cluster.local:9000"}))
	refs := c.route(t).Spec.Rules[0].BackendRefs
	require.Equal(t, "made-by-hand", string(refs[1].Name))
	require.EqualValues(t, 9000, *refs[1].Port)
	before := c.patches()
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, []string{"http://made-by-hand.llm.svc.cluster.local:9000"}))
	require.Equal(t, before, c.patches(), "idempotent")
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, []string{"http://made-by-hand.llm.svc"}))
	require.EqualValues(t, 8000, *c.route(t).Spec.Rules[0].BackendRefs[1].Port, "the Service's own port")
}

func TestSetEndpoints_VariantWithWeight_IsInUse(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute(), service("chat-canary", serving.Canary), service("other", serving.Stable))
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, serves))
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, split(1, 0, 100)))
	require.ErrorIs(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, nil), router.ErrInUse)
	require.ErrorIs(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, []string{"http://other.llm.svc"}), router.ErrInUse)
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Baseline, nil), "none is no error")
}

// A promotion drains the old stable: without weight that is done already, and the
// rule keeps the backend that it belongs to.
func TestSetEndpoints_StableIsTakenOut_StaysAsTheRulesOwnBackend(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute(), service("chat-canary", serving.Canary))
	require.ErrorIs(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Stable, nil), router.ErrInUse, "it has all traffic")
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, serves))
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, split(1, 0, 100)))
	require.NoError(t, c.router.SetEndpoints(t.Context(), c.fleet, serving.Stable, nil))
	refs := c.route(t).Spec.Rules[0].BackendRefs
	require.Len(t, refs, 2)
	require.EqualValues(t, 0, *refs[0].Weight)
	require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, split(2, 100, 0)), "it is there when traffic comes back")
}

func TestWrite_RouteOfAnotherController_IsRefused(t *testing.T) {
	t.Parallel()
	yes := true
	rules := metav1.NewFieldsV1(`{"f:spec":{"f:rules":{}}}`)
	labels := metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{}}}`)
	for name, k := range map[string]struct {
		change func(*gatewayv1.HTTPRoute)
		want   string
	}{
		"owner": {func(r *gatewayv1.HTTPRoute) {
			r.OwnerReferences = []metav1.OwnerReference{{Kind: "Canary", Name: "chat", Controller: &yes}}
		}, "Canary chat"},
		"argo label": {func(r *gatewayv1.HTTPRoute) {
			r.Labels = map[string]string{"rollouts.argoproj.io/gatewayapi-canary": "in-progress"}
		}, "Argo Rollouts"},
		"flagger annotation": {func(r *gatewayv1.HTTPRoute) { r.Annotations = map[string]string{"x.flagger.app/y": "z"} }, "Flagger"},
		"argo wrote rules": {func(r *gatewayv1.HTTPRoute) {
			r.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl", FieldsV1: rules}, {Manager: "rollouts-controller", FieldsV1: rules}}
		}, "rollouts-controller"},
		"other fleet": {func(r *gatewayv1.HTTPRoute) {
			r.Annotations = map[string]string{"traffic.performance-agent.optiinfra.io/other": `{"revision":3}`}
		}, "fleet other"},
	} {
		c := newCluster(t, plainRoute(k.change), service("chat-canary", serving.Canary))
		for _, err := range []error{c.router.SetWeights(t.Context(), c.fleet, serving.AllStable(1)), c.router.SetEndpoints(t.Context(), c.fleet, serving.Canary, serves)} {
			require.ErrorIs(t, err, router.ErrInvalid, name)
			require.ErrorContains(t, err, k.want, name)
		}
		require.Zero(t, c.patches(), name)
		_, err := c.router.Traffic(t.Context(), c.fleet)
		require.NoError(t, err, "%s: reading is allowed", name)
	}
	for name, change := range map[string]func(*gatewayv1.HTTPRoute){
		"a person wrote the rules": func(r *gatewayv1.HTTPRoute) {
			r.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl", FieldsV1: rules}}
		},
		"flagger wrote labels": func(r *gatewayv1.HTTPRoute) {
			r.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "flagger", FieldsV1: labels}, {Manager: "flagger"}}
		},
		"an owner that does not control": func(r *gatewayv1.HTTPRoute) { r.OwnerReferences = []metav1.OwnerReference{{Kind: "App", Name: "chat"}} },
		"other fleet, other rule": func(r *gatewayv1.HTTPRoute) {
			r.Annotations = map[string]string{"traffic.performance-agent.optiinfra.io/other": `{"rule":1}`}
		},
	} {
		c := newCluster(t, plainRoute(change))
		require.NoError(t, c.router.SetWeights(t.Context(), c.fleet, serving.AllStable(1)), name)
	}
}

func TestWrite_FleetOrAddressThatCannotBe_IsRefused(t *testing.T) {
	t.Parallel()
	c := newCluster(t, plainRoute())
	bad := c.fleet
	bad.Router.Address = "http://gateway:8101"
	require.ErrorIs(t, c.router.SetWeights(t.Context(), bad, serving.AllStable(1)), router.ErrInvalid)
	bad = c.fleet
	bad.Name = "chat-"
	require.ErrorIs(t, c.router.SetWeights(t.Context(), bad, serving.AllStable(1)), router.ErrInvalid)
	require.Error(t, gatewayapi.CheckAddress("chat"))
	require.NoError(t, gatewayapi.CheckAddress("llm/chat#0"))
	c = newCluster(t, plainRoute(func(r *gatewayv1.HTTPRoute) {
		r.Annotations = map[string]string{"traffic.performance-agent.optiinfra.io/chat": "not json"}
	}))
	_, err := c.router.Traffic(t.Context(), c.fleet)
	require.ErrorIs(t, err, router.ErrInvalid)
}
