package gatewayapi

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"k8s.io/client-go/dynamic"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// route is one rule of an HTTPRoute as it was read, from the view of one fleet.
type route struct {
	client   dynamic.Interface
	address  kube.Address
	fleet    string
	object   *gatewayv1.HTTPRoute
	rule     int // index
	record   record
	backends []backend
}

// backend is a backendRef of the rule.
type backend struct {
	index   int
	variant serving.Variant
	ref     gatewayv1.HTTPBackendRef
}

func (b backend) weight() int32 {
	if b.ref.Weight == nil {
		return 1 // the default of the Gateway API
	}
	return *b.ref.Weight
}

func (r *Router) read(ctx context.Context, fleet serving.Fleet) (*route, error) {
	address, err := kube.ParseAddress(fleet.Router.Address)
	if err != nil {
		return nil, fmt.Errorf("%w: router %w", router.ErrInvalid, err)
	}
	if problems := kube.CheckFleetName(fleet.Name); len(problems) > 0 {
		return nil, fmt.Errorf("%w: the name of fleet %q cannot be a label: %v", router.ErrInvalid, fleet.Name, problems)
	}
	client, err := r.clusters.Client(address.Context)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", router.ErrUnreachable, err)
	}
	object, err := kube.HTTPRoutes(client, address.Namespace).Get(ctx, address.Name)
	if err != nil {
		return nil, translate(err)
	}
	rt := &route{client: client, address: address, fleet: fleet.Name}
	if err := rt.take(object); err != nil {
		return nil, err
	}
	return rt, rt.name(ctx)
}

// take reads what the object says about the fleet's rule.
func (rt *route) take(object *gatewayv1.HTTPRoute) (err error) {
	rt.object = object
	if rt.rule, err = findRule(object, rt.address.Part); err != nil {
		return fmt.Errorf("%w: %s: %w", router.ErrInvalid, rt.address, err)
	}
	if rt.record, err = readRecord(object.Annotations[recordKey(rt.fleet)]); err != nil {
		return fmt.Errorf("%w: %s: %w", router.ErrInvalid, rt.address, err)
	}
	rt.backends = nil
	for i, ref := range object.Spec.Rules[rt.rule].BackendRefs {
		rt.backends = append(rt.backends, backend{index: i, variant: rt.record.variantOf(ref), ref: ref})
	}
	return nil
}

func findRule(object *gatewayv1.HTTPRoute, wanted string) (int, error) {
	rules := object.Spec.Rules
	if wanted == "" && len(rules) == 1 {
		return 0, nil
	}
	if wanted == "" {
		return 0, fmt.Errorf("it has %d rules: name the fleet's with #NAME or #INDEX", len(rules))
	}
	named := slices.IndexFunc(rules, func(r gatewayv1.HTTPRouteRule) bool { return r.Name != nil && string(*r.Name) == wanted })
	if named >= 0 {
		return named, nil
	}
	if i, err := strconv.Atoi(wanted); err == nil && i >= 0 && i < len(rules) {
		return i, nil
	}
	return 0, fmt.Errorf("it has no rule %q", wanted)
}

// name tells which backend is stable: the one that the record does not name. If
// the record was lost, the labels of the Services tell the others.
func (rt *route) name(ctx context.Context) error {
	var unknown []int
	for i, b := range rt.backends {
		if b.variant == "" {
			unknown = append(unknown, i)
		}
	}
	if len(unknown) > 1 {
		var err error
		if unknown, err = rt.nameByLabels(ctx, unknown); err != nil {
			return translate(err)
		}
	}
	if len(unknown) != 1 {
		return fmt.Errorf("%w: rule %d of %s has %d backends that the agent did not add, and needs exactly one: stable's",
			router.ErrInvalid, rt.rule, rt.address, len(unknown))
	}
	rt.backends[unknown[0]].variant = serving.Stable
	return nil
}

func (rt *route) nameByLabels(ctx context.Context, unknown []int) ([]int, error) {
	services, err := kube.Services(rt.client, rt.address.Namespace).List(ctx, kube.FleetSelector(rt.fleet))
	if err != nil {
		return nil, err
	}
	var left []int
	for _, i := range unknown {
		for _, s := range services {
			if refersTo(rt.backends[i].ref, s.Name) {
				rt.backends[i].variant = serving.Variant(s.Labels[kube.LabelVariant])
			}
		}
		if rt.backends[i].variant == "" {
			left = append(left, i)
		}
	}
	return left, nil
}

func (rt *route) backend(v serving.Variant) (backend, bool) {
	i := slices.IndexFunc(rt.backends, func(b backend) bool { return b.variant == v })
	if i < 0 {
		return backend{}, false
	}
	return rt.backends[i], true
}

// weights is the split that the rule states, in whole percent, under the revision
// of the last split that was written. A rule whose weights are all 0 sends nothing
// anywhere, and so has no shares.
func (rt *route) weights() serving.Weights {
	weights := make([]int64, len(rt.backends))
	for i, b := range rt.backends {
		weights[i] = int64(b.weight())
	}
	out := serving.Weights{Revision: rt.record.Revision}
	for i, p := range percents(weights) {
		out.Shares = append(out.Shares, serving.Share{Variant: rt.backends[i].variant, Percent: p})
	}
	return out
}

// percents rounds so that the sum is 100 (largest remainder); none for a sum of
// 0. What the agent wrote sums to 100 and is given back unchanged.
func percents(weights []int64) []int {
	var sum int64
	for _, w := range weights {
		sum += w
	}
	if sum == 0 {
		return nil
	}
	out, order, left := make([]int, len(weights)), make([]int, len(weights)), 100
	for i, w := range weights {
		out[i], order[i] = int(w*100/sum), i
		left -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(weights[b]*100%sum - weights[a]*100%sum) })
	for _, i := range order[:left] {
		out[i]++
	}
	return out
}
