package gatewayapitest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Resolve tells what is behind a Service: the variant it is of, and the base URLs
// that are ready.
type Resolve func(ctx context.Context, service string) (serving.Variant, []string, error)

// DataPlane is a running gateway.
type DataPlane struct {
	URL string // where users come in

	client          dynamic.Interface
	namespace, name string
	resolve         Resolve
	proxy           atomic.Pointer[gateway.Gateway]
	stop            func()
	failed          error
	revision        int64
	applied         []pool
}

// pool is a backend as it was taken up.
type pool struct {
	variant   serving.Variant
	weight    int
	endpoints []string
}

// Start follows a route until the test ends.
func Start(t testing.TB, client dynamic.Interface, namespace, name string, resolve Resolve) *DataPlane {
	t.Helper()
	d := &DataPlane{client: client, namespace: namespace, name: name, resolve: resolve}
	users := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.proxy.Load().Handler().ServeHTTP(w, r) }))
	t.Cleanup(users.Close)
	d.URL = users.URL
	d.begin(t)
	t.Cleanup(func() {
		d.stop()
		require.NoError(t, d.failed)
	})
	return d
}

// Gateway is the proxy, to look at.
func (d *DataPlane) Gateway() *gateway.Gateway { return d.proxy.Load() }

// Restart forgets everything but the route.
func (d *DataPlane) Restart(t testing.TB) {
	t.Helper()
	d.stop()
	d.begin(t)
}

// begin returns when the route was taken up once.
func (d *DataPlane) begin(t testing.TB) {
	t.Helper()
	d.proxy.Store(gateway.New(gateway.Options{}))
	d.applied, d.revision = nil, 0
	require.NoError(t, d.follow(t.Context()))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for d.failed == nil {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := d.follow(ctx); err != nil && ctx.Err() == nil {
				d.failed = fmt.Errorf("simulated gateway: %w", err)
			}
		}
	}()
	d.stop = sync.OnceFunc(func() { cancel(); <-done })
}

// follow brings the proxy in line with the route and reports it.
func (d *DataPlane) follow(ctx context.Context) error {
	route, err := kube.HTTPRoutes(d.client, d.namespace).Get(ctx, d.name)
	if err != nil {
		return err
	}
	wanted, err := d.pools(ctx, route)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(wanted, d.applied) {
		if err := d.apply(wanted); err != nil {
			return err
		}
	}
	if len(route.Status.Parents) == 1 && route.Status.Parents[0].Conditions[0].ObservedGeneration == route.Generation {
		return nil
	}
	return d.report(ctx, route)
}

func (d *DataPlane) pools(ctx context.Context, route *gatewayv1.HTTPRoute) ([]pool, error) {
	var out []pool
	for _, ref := range route.Spec.Rules[0].BackendRefs {
		variant, endpoints, err := d.resolve(ctx, string(ref.Name))
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		weight := 1
		if ref.Weight != nil {
			weight = int(*ref.Weight)
		}
		out = append(out, pool{variant, weight, endpoints})
	}
	return out, nil
}

// apply adds replicas before the split changes and takes pools out after it, so
// that no request meets an empty one.
func (d *DataPlane) apply(wanted []pool) error {
	proxy, sum := d.proxy.Load(), 0
	for _, p := range wanted {
		if len(p.endpoints) > 0 {
			if err := proxy.SetEndpoints(p.variant, p.endpoints); err != nil {
				return err
			}
		}
		sum += p.weight
	}
	split := serving.Weights{Revision: d.revision + 1}
	for _, p := range wanted {
		split.Shares = append(split.Shares, serving.Share{Variant: p.variant, Percent: p.weight * 100 / max(1, sum)})
	}
	if err := proxy.SetWeights(split); err != nil {
		return err
	}
	d.revision++
	for _, had := range d.applied {
		if split.Of(had.variant) == 0 && !has(wanted, had.variant) {
			if err := proxy.SetEndpoints(had.variant, nil); err != nil {
				return err
			}
		}
	}
	d.applied = wanted
	return nil
}

func has(pools []pool, v serving.Variant) bool {
	for _, p := range pools {
		if p.variant == v && len(p.endpoints) > 0 {
			return true
		}
	}
	return false
}

func (d *DataPlane) report(ctx context.Context, route *gatewayv1.HTTPRoute) error {
	condition := func(kind gatewayv1.RouteConditionType) metav1.Condition {
		return metav1.Condition{Type: string(kind), Status: metav1.ConditionTrue, ObservedGeneration: route.Generation,
			LastTransitionTime: metav1.Now(), Reason: "Accepted", Message: "taken up"}
	}
	parent := gatewayv1.RouteParentStatus{ParentRef: gatewayv1.ParentReference{Name: "edge"}, ControllerName: "kubetest.local/edge",
		Conditions: []metav1.Condition{condition(gatewayv1.RouteConditionAccepted), condition(gatewayv1.RouteConditionResolvedRefs)}}
	body, err := json.Marshal(map[string]any{"status": gatewayv1.HTTPRouteStatus{RouteStatus: gatewayv1.RouteStatus{Parents: []gatewayv1.RouteParentStatus{parent}}}})
	if err != nil {
		return err
	}
	routes := d.client.Resource(schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"})
	_, err = routes.Namespace(d.namespace).Patch(ctx, d.name, types.MergePatchType, body, metav1.PatchOptions{}, "status")
	return err
}
