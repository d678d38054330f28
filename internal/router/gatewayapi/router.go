package gatewayapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Kind is the kind of this router in a fleet's record.
const Kind = "gatewayapi"

// DefaultAcceptWithin is what a gateway gets to accept a changed route. Gateways
// have been measured to need up to half a second.
const DefaultAcceptWithin = 10 * time.Second

// Router is the router.Router of HTTPRoutes.
type Router struct {
	clusters     *kube.Clusters
	acceptWithin time.Duration
}

// New reaches routes through the clusters. acceptWithin bounds the wait for a
// gateway to accept a change; 0: DefaultAcceptWithin.
func New(clusters *kube.Clusters, acceptWithin time.Duration) *Router {
	if acceptWithin == 0 {
		acceptWithin = DefaultAcceptWithin
	}
	return &Router{clusters: clusters, acceptWithin: acceptWithin}
}

// CheckAddress says what is wrong with the address of a fleet's router.
func CheckAddress(address string) error {
	_, err := kube.ParseAddress(address)
	return err
}

// Traffic reads the split in force and, as pools, the ready endpoints behind each
// backend's Service. How many requests run is not known and always 0.
func (r *Router) Traffic(ctx context.Context, fleet serving.Fleet) (serving.Traffic, error) {
	rt, err := r.read(ctx, fleet)
	if err != nil {
		return serving.Traffic{}, err
	}
	out := serving.Traffic{Weights: rt.weights()}
	for _, b := range rt.backends {
		endpoints, err := rt.endpoints(ctx, b)
		if err != nil {
			return serving.Traffic{}, translate(err)
		}
		out.Backends = append(out.Backends, serving.Backend{Variant: b.variant, Endpoints: endpoints})
	}
	return out, nil
}

// SetWeights puts a split in force and waits until the gateway accepts it.
func (r *Router) SetWeights(ctx context.Context, fleet serving.Fleet, w serving.Weights) error {
	if err := w.Validate(); err != nil {
		return fmt.Errorf("%w: %w", router.ErrInvalid, err)
	}
	rt, err := r.write(ctx, fleet, func(rt *route) ([]kube.Op, error) { return rt.shift(w) })
	if err != nil {
		return err
	}
	if now := rt.weights(); !now.SameSplit(w) {
		return fmt.Errorf("%w: %s has the split %v after %v was written", router.ErrUnreachable, rt.address, now.Shares, w.Shares)
	}
	return r.awaitAccepted(ctx, fleet, rt)
}

// SetEndpoints adds the Service of a variant to the rule, with weight 0, or takes
// it out when there are no endpoints. The Service is the one that the endpoints
// name (http://NAME.NAMESPACE.svc:PORT), else the one that has the labels of the
// fleet and variant; which pods are behind it is the Service's business.
func (r *Router) SetEndpoints(ctx context.Context, fleet serving.Fleet, v serving.Variant, endpoints []string) error {
	_, err := r.write(ctx, fleet, func(rt *route) ([]kube.Op, error) {
		if len(endpoints) == 0 {
			return rt.withdraw(v)
		}
		return rt.admit(ctx, v, endpoints)
	})
	return err
}

// Observe has nothing: an HTTPRoute counts no requests.
func (r *Router) Observe(context.Context, serving.Fleet, float64, float64) ([]serving.ArmObservation, error) {
	return nil, fmt.Errorf("%w: an HTTPRoute counts nothing", router.ErrNoSamples)
}

// Counters has nothing either; what gateways count is in metrics of their own.
func (r *Router) Counters(context.Context, serving.Fleet) ([]serving.ArmCounters, error) {
	return nil, fmt.Errorf("%w: an HTTPRoute counts nothing", router.ErrNoCounters)
}

// attempts is how often a write is decided anew because the route changed in
// between. A gateway's status is such a change, and comes right after ours.
const attempts = 8

// write reads the route, decides, and patches what it read; no operations are
// nothing to do. It gives the route as it is then.
func (r *Router) write(ctx context.Context, fleet serving.Fleet, decide func(*route) ([]kube.Op, error)) (*route, error) {
	var err error
	for range attempts {
		var rt *route
		if rt, err = r.read(ctx, fleet); err != nil {
			return nil, err
		}
		if err := rt.refuse(); err != nil {
			return nil, err
		}
		ops, decided := decide(rt)
		if decided != nil {
			return nil, translate(decided)
		}
		if len(ops) == 0 {
			return rt, nil
		}
		if rt, err = rt.patch(ctx, ops); err == nil {
			return rt, nil
		}
		if !kube.Overtaken(err) {
			return nil, translate(err)
		}
	}
	return nil, fmt.Errorf("%w: the route changes all the time: %w", router.ErrUnreachable, err)
}

// translate makes a refusal of the API server one of the router's sentinels.
func translate(err error) error {
	switch {
	case err == nil, errors.Is(err, router.ErrInvalid), errors.Is(err, router.ErrStaleRevision), errors.Is(err, router.ErrUnreachable):
		return err
	case kube.Refused(err):
		return fmt.Errorf("%w: %w", router.ErrInvalid, err)
	}
	return fmt.Errorf("%w: %w", router.ErrUnreachable, err)
}
