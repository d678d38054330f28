package gatewayapi

import (
	"context"
	"fmt"
	"maps"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// shift gives the operations that put a split in force, none when it is. An older
// revision is refused, and so is another split under the same one.
func (rt *route) shift(w serving.Weights) ([]kube.Op, error) {
	known := rt.record.weights()
	if len(known.Shares) == 0 { // never written by the agent
		known.Shares = rt.weights().Shares
	}
	already, err := router.Fence(known, w)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rt.address, err)
	}
	for _, s := range w.Shares {
		if _, has := rt.backend(s.Variant); !has && s.Percent > 0 {
			return nil, fmt.Errorf("%w: %s has no backend for %s, which is to get %d%%", router.ErrInvalid, rt.address, s.Variant, s.Percent)
		}
	}
	if already && rt.weights().SameSplit(w) {
		return nil, nil
	}
	var ops []kube.Op
	for _, b := range rt.backends {
		ops = append(ops, kube.Add(w.Of(b.variant), rt.path(b.index, "weight")...))
	}
	next := rt.record
	next.Revision, next.Shares = w.Revision, w.Shares
	return rt.with(next, ops)
}

// admit gives the operations that add the Service of a variant.
func (rt *route) admit(ctx context.Context, v serving.Variant, endpoints []string) ([]kube.Op, error) {
	b, has := rt.backend(v)
	if v == serving.Stable {
		return nil, nil // the rule's own backend; every way of reading the route demands it
	}
	service, port, err := rt.service(ctx, v, endpoints)
	if err != nil {
		return nil, err
	}
	switch {
	case has && refersTo(b.ref, service) && b.ref.Port != nil && *b.ref.Port == port && rt.record.Services[v] == service:
		return nil, nil
	case has && b.weight() > 0:
		return nil, fmt.Errorf("%w: %s of %s is Service %s and cannot become %s", router.ErrInUse, v, rt.address, b.ref.Name, service)
	}
	var none int32
	ref := gatewayv1.HTTPBackendRef{BackendRef: gatewayv1.BackendRef{Weight: &none,
		BackendObjectReference: gatewayv1.BackendObjectReference{Name: gatewayv1.ObjectName(service), Port: &port}}}
	ops := []kube.Op{kube.Add(ref, rt.path("-")...)}
	if has {
		ops = []kube.Op{{Op: "replace", Path: kube.Pointer(rt.path(b.index)...), Value: ref}}
	}
	return rt.with(rt.record.having(v, service), ops)
}

// withdraw gives the operations that take a variant out of the rule. Stable's Service
// is the rule's own backend and stays; without weight nothing is sent to it, which is
// what a caller that drains it wants.
func (rt *route) withdraw(v serving.Variant) ([]kube.Op, error) {
	b, has := rt.backend(v)
	switch {
	case !has:
		return nil, nil
	case b.weight() > 0:
		return nil, fmt.Errorf("%w: %s has weight %d at %s", router.ErrInUse, v, b.weight(), rt.address)
	case v == serving.Stable:
		return nil, nil
	}
	return rt.with(rt.record.having(v, ""), []kube.Op{kube.Remove(rt.path(b.index)...)})
}

// having is the record with another Service of a variant, "" for none.
func (r record) having(v serving.Variant, service string) record {
	r.Services = maps.Clone(r.Services)
	if r.Services == nil {
		r.Services = map[serving.Variant]string{}
	}
	r.Services[v] = service
	if service == "" {
		delete(r.Services, v)
	}
	return r
}

// with completes operations on the backends: before them the tests that the route
// is the one that was read, after them the record.
func (rt *route) with(next record, ops []kube.Op) ([]kube.Op, error) {
	next.Rule = rt.rule
	text, err := next.render()
	if err != nil {
		return nil, err
	}
	tests := []kube.Op{kube.Test(rt.object.ResourceVersion, "metadata", "resourceVersion")}
	for _, b := range rt.backends {
		tests = append(tests, kube.Test(b.ref.Name, rt.path(b.index, "name")...))
	}
	return append(append(tests, ops...), kube.Annotate(rt.object.Annotations, recordKey(rt.fleet), text)...), nil
}

func (rt *route) path(within ...any) []any {
	return append([]any{"spec", "rules", rt.rule, "backendRefs"}, within...)
}

func (rt *route) patch(ctx context.Context, ops []kube.Op) (*route, error) {
	object, err := kube.HTTPRoutes(rt.client, rt.address.Namespace).Patch(ctx, rt.address.Name, ops)
	if err != nil {
		return nil, err
	}
	now := &route{client: rt.client, address: rt.address, fleet: rt.fleet}
	if err := now.take(object); err != nil {
		return nil, err
	}
	return now, now.name(ctx)
}
