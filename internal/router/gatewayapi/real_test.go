package gatewayapi_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/kube/kubetest"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/conformance"
	"github.com/optiinfra/performance-agent/internal/router/gatewayapi"
	"github.com/optiinfra/performance-agent/internal/router/gatewayapitest"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var control kubetest.Shared // of this test binary, used by the tests on a real API server

func TestMain(m *testing.M) {
	code := m.Run()
	control.Stop()
	os.Exit(code)
}

// manifest is a route with a backend for each Service; the first is stable's.
func manifest(namespace string, services ...string) string {
	text := fmt.Sprintf(`apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: chat, namespace: %s}
spec:
  parentRefs: [{name: edge}]
  rules:
  - backendRefs:
`, namespace)
	for i, s := range services {
		weight := 0
		if i == 0 {
			weight = 100
		}
		text += fmt.Sprintf("    - {name: %s, port: 8000, weight: %d}\n", s, weight)
	}
	return text
}

func createService(t *testing.T, p *kubetest.Plane, namespace, name string, v serving.Variant) {
	t.Helper()
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
		Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 8000}}}}
	if v != serving.Stable {
		s.Labels = kube.Labels("chat", v)
	}
	_, err := kube.Services(p.Client, namespace).Create(t.Context(), s)
	require.NoError(t, err)
}

func TestGatewayAPI_OnARealAPIServer_Conforms(t *testing.T) {
	t.Parallel()
	p := control.Need(t)
	conformance.Run(t, func(t *testing.T) *conformance.Subject {
		namespace, pools := p.Namespace(t), conformance.NewPools(t)
		variants := map[string]serving.Variant{"chat": serving.Stable, "chat-canary": serving.Canary, "chat-baseline": serving.Baseline}
		for name, v := range variants {
			createService(t, p, namespace, name, v)
		}
		require.NoError(t, p.Apply(t.Context(), manifest(namespace, "chat", "chat-canary", "chat-baseline")))
		plane := gatewayapitest.Start(t, p.Client, namespace, "chat", func(_ context.Context, service string) (serving.Variant, []string, error) {
			return variants[service], pools[variants[service]], nil
		})
		var loser conformance.Loser
		lossy, err := p.As("", loser.Transport)
		require.NoError(t, err)
		user := conformance.NewUser(t, plane.URL)
		again := func() router.Router {
			client, err := p.As("", nil)
			require.NoError(t, err)
			return gatewayapi.New(kube.NewClustersOf(client), 0)
		}
		return &conformance.Subject{Router: gatewayapi.New(kube.NewClustersOf(lossy), 0), Again: again, Ask: user.Served,
			Fleet:   serving.Fleet{Name: "chat", Router: serving.AdapterRef{Kind: gatewayapi.Kind, Address: namespace + "/chat"}},
			Restart: func(t *testing.T) { plane.Restart(t) }, LoseAnswer: loser.Arm}
	})
}

func TestSetEndpoints_OnARealAPIServer_AddsAndRemovesTheBackend(t *testing.T) {
	t.Parallel()
	p := control.Need(t)
	namespace := p.Namespace(t)
	createService(t, p, namespace, "chat", serving.Stable)
	createService(t, p, namespace, "chat-canary", serving.Canary)
	require.NoError(t, p.Apply(t.Context(), manifest(namespace, "chat")))
	r := gatewayapi.New(kube.NewClustersOf(p.Client), 0)
	fleet := serving.Fleet{Name: "chat", Router: serving.AdapterRef{Kind: gatewayapi.Kind, Address: namespace + "/chat"}}
	before := get(t, p, namespace)
	for range 2 {
		require.NoError(t, r.SetEndpoints(t.Context(), fleet, serving.Canary, serves))
		require.NoError(t, r.SetWeights(t.Context(), fleet, split(1, 95, 5)))
	}
	require.ErrorIs(t, r.SetEndpoints(t.Context(), fleet, serving.Canary, nil), router.ErrInUse)
	now := get(t, p, namespace)
	require.Len(t, now.Spec.Rules[0].BackendRefs, 2)
	require.EqualValues(t, 5, *now.Spec.Rules[0].BackendRefs[1].Weight)
	require.NoError(t, r.SetWeights(t.Context(), fleet, serving.AllStable(2)))
	for range 2 {
		require.NoError(t, r.SetEndpoints(t.Context(), fleet, serving.Canary, nil))
	}
	require.Equal(t, before.Spec, get(t, p, namespace).Spec, "nothing of the canary is left")
	writers := map[string]bool{}
	for _, f := range get(t, p, namespace).ManagedFields {
		writers[f.Manager] = true
	}
	require.True(t, writers[kube.Manager], "the writes have the agent's name: %v", writers)
}

func get(t *testing.T, p *kubetest.Plane, namespace string) *gatewayv1.HTTPRoute {
	t.Helper()
	r, err := kube.HTTPRoutes(p.Client, namespace).Get(t.Context(), "chat")
	require.NoError(t, err)
	return r
}

// What a failed test looks like is not documented, so it is asked of the server.
func TestPatch_OnARealAPIServer_FailedTestIsOvertakenNotRefused(t *testing.T) {
	t.Parallel()
	p := control.Need(t)
	namespace := p.Namespace(t)
	require.NoError(t, p.Apply(t.Context(), manifest(namespace, "chat")))
	routes := kube.HTTPRoutes(p.Client, namespace)
	for what, test := range map[string]kube.Op{
		"version": kube.Test("0", "metadata", "resourceVersion"),
		"name":    kube.Test("other", "spec", "rules", 0, "backendRefs", 0, "name"),
		"missing": kube.Test("other", "spec", "rules", 0, "backendRefs", 3, "name"),
	} {
		_, err := routes.Patch(t.Context(), "chat", []kube.Op{test})
		require.True(t, kube.Overtaken(err), "%s: %v", what, err)
		require.False(t, kube.Refused(err), what)
	}
	_, err := routes.Patch(t.Context(), "chat", []kube.Op{kube.Add(-1, "spec", "rules", 0, "backendRefs", 0, "weight")})
	require.True(t, kube.Refused(err), "an invalid object is refused for good: %v", err)
	require.False(t, kube.Overtaken(err))
}
