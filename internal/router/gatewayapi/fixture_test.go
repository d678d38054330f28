package gatewayapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic/fake"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/router/gatewayapi"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const namespace = "llm"

// cluster is client-go's fake: it accepts nearly everything, so what it shows is
// the agent's own checks and what it writes; the real API server is in
// real_test.go.
type cluster struct {
	client *fake.FakeDynamicClient
	router *gatewayapi.Router
	fleet  serving.Fleet
}

func newCluster(t *testing.T, objects ...runtime.Object) *cluster {
	t.Helper()
	scheme := runtime.NewScheme()
	require.NoError(t, corev1.AddToScheme(scheme))
	require.NoError(t, discoveryv1.AddToScheme(scheme))
	require.NoError(t, gatewayv1.Install(scheme))
	client := fake.NewSimpleDynamicClient(scheme, objects...)
	return &cluster{client: client, router: gatewayapi.New(kube.NewClustersOf(client), 0),
		fleet: serving.Fleet{Name: "chat", Router: serving.AdapterRef{Kind: gatewayapi.Kind, Address: "llm/chat"}}}
}

// plainRoute has one rule with stable's Service.
func plainRoute(changes ...func(*gatewayv1.HTTPRoute)) *gatewayv1.HTTPRoute {
	r := &gatewayv1.HTTPRoute{TypeMeta: metav1.TypeMeta{APIVersion: "gateway.networking.k8s.io/v1", Kind: "HTTPRoute"},
		ObjectMeta: metav1.ObjectMeta{Name: "chat", Namespace: namespace, ResourceVersion: "7", Generation: 1},
		Spec:       gatewayv1.HTTPRouteSpec{Rules: []gatewayv1.HTTPRouteRule{{BackendRefs: []gatewayv1.HTTPBackendRef{backendRef("chat", nil)}}}}}
	for _, change := range changes {
		change(r)
	}
	return r
}

func backendRef(service string, weight *int32) gatewayv1.HTTPBackendRef {
	port := gatewayv1.PortNumber(8000)
	return gatewayv1.HTTPBackendRef{BackendRef: gatewayv1.BackendRef{Weight: weight,
		BackendObjectReference: gatewayv1.BackendObjectReference{Name: gatewayv1.ObjectName(service), Port: &port}}}
}

func service(name string, v serving.Variant) *corev1.Service {
	s := &corev1.Service{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 8000}}}}
	if v != serving.Stable {
		s.Labels = kube.Labels("chat", v)
	}
	return s
}

func endpointSlice(service, address string, ready bool) *discoveryv1.EndpointSlice {
	port := int32(8000)
	return &discoveryv1.EndpointSlice{TypeMeta: metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"},
		ObjectMeta:  metav1.ObjectMeta{Name: service + "-" + address, Namespace: namespace, Labels: map[string]string{discoveryv1.LabelServiceName: service}},
		AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{{Port: &port}},
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}}}}
}

func (c *cluster) route(t *testing.T) *gatewayv1.HTTPRoute {
	t.Helper()
	r, err := kube.HTTPRoutes(c.client, namespace).Get(t.Context(), "chat")
	require.NoError(t, err)
	return r
}

// backends are the names and weights of the first rule.
func (c *cluster) backends(t *testing.T) map[string]int32 {
	t.Helper()
	out := map[string]int32{}
	for _, b := range c.route(t).Spec.Rules[0].BackendRefs {
		out[string(b.Name)] = -1
		if b.Weight != nil {
			out[string(b.Name)] = *b.Weight
		}
	}
	return out
}

func (c *cluster) patches() int {
	n := 0
	for _, a := range c.client.Actions() {
		if a.GetVerb() == "patch" {
			n++
		}
	}
	return n
}

func split(revision int64, stable, canary int) serving.Weights {
	return serving.Weights{Revision: revision, Shares: []serving.Share{{Variant: serving.Stable, Percent: stable}, {Variant: serving.Canary, Percent: canary}}}
}

var serves = []string{"http://192.0.2.9:8000"}
