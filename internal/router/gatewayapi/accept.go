package gatewayapi

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// acceptPoll is how often a route is looked at until its gateway accepts it.
const acceptPoll = 100 * time.Millisecond

// awaitAccepted waits until every gateway that reports on the route has seen it
// as it was written, and accepts it. A route on which no gateway reports is taken
// as it is. A backend that cannot be resolved is no reason to fail when all goes
// to stable: that is the way back, and the backend may be the one that broke.
func (r *Router) awaitAccepted(ctx context.Context, fleet serving.Fleet, rt *route) error {
	written, needed := rt.object.Generation, []gatewayv1.RouteConditionType{gatewayv1.RouteConditionAccepted}
	if !rt.weights().SameSplit(serving.AllStable(0)) {
		needed = append(needed, gatewayv1.RouteConditionResolvedRefs)
	}
	over := time.NewTimer(r.acceptWithin)
	defer over.Stop()
	poll := time.NewTicker(acceptPoll)
	defer poll.Stop()
	for {
		pending, refused := verdict(rt.object.Status.Parents, written, needed)
		switch {
		case refused != "":
			return fmt.Errorf("%w: HTTPRoute %s: %s", router.ErrInvalid, rt.address, refused)
		case pending == "":
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for gateways to accept %s: %w", rt.address, context.Cause(ctx))
		case <-over.C:
			return fmt.Errorf("%w: %s has not taken up HTTPRoute %s within %s", router.ErrUnreachable, pending, rt.address, r.acceptWithin)
		case <-poll.C:
		}
		var err error
		if rt, err = r.read(ctx, fleet); err != nil {
			return err
		}
	}
}

// verdict names a gateway that has not seen the generation yet, and what one that
// has refuses in it.
func verdict(parents []gatewayv1.RouteParentStatus, generation int64, needed []gatewayv1.RouteConditionType) (pending, refused string) {
	for _, p := range parents {
		for _, kind := range needed {
			c := meta.FindStatusCondition(p.Conditions, string(kind))
			switch {
			case c == nil:
			case c.ObservedGeneration < generation:
				pending = fmt.Sprintf("gateway %s", p.ParentRef.Name)
			case c.Status == metav1.ConditionFalse:
				return "", fmt.Sprintf("gateway %s says %s=False: %s: %s", p.ParentRef.Name, kind, c.Reason, c.Message)
			}
		}
	}
	return pending, ""
}
