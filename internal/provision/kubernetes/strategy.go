package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// oneByOne is the strategy with which stable's pods are replaced one by one. Where
// there is room for one more, the new pod comes first. Where there is none, the
// old one goes first, provided that the fleet keeps its size without it because
// canary or baseline stand beside it, as they do in a promotion and on its way
// back. Without either nothing is changed.
func (t *target) oneByOne(ctx context.Context, template corev1.PodTemplateSpec) (appsv1.DeploymentStrategy, error) {
	noRoom := t.checkRoom(ctx, template, 1)
	if noRoom == nil {
		return rolling(intstr.FromInt32(0), intstr.FromInt32(1)), nil
	}
	if !errors.Is(noRoom, provision.ErrNoCapacity) {
		return appsv1.DeploymentStrategy{}, noRoom
	}
	left, err := t.servingWithoutOne(ctx)
	if err != nil {
		return appsv1.DeploymentStrategy{}, err
	}
	if left < t.fleet.Replicas {
		return appsv1.DeploymentStrategy{}, fmt.Errorf("%w; with one of stable's replicas away %d of %d would serve", noRoom, left, t.fleet.Replicas)
	}
	t.p.opts.Logger.Info("stable's old pods go first: there is no room for one more", "deployment", t.address.String(), "serving", left)
	return rolling(intstr.FromInt32(1), intstr.FromInt32(0)), nil
}

// servingWithoutOne counts the replicas that take users' requests while one of
// stable's is away.
func (t *target) servingWithoutOne(ctx context.Context) (int, error) {
	clones, err := t.deployments().List(ctx, kube.FleetSelector(t.fleet.Name))
	if err != nil {
		return 0, err
	}
	n := t.stable.Status.AvailableReplicas - 1
	for _, d := range clones {
		if onProduction(serving.Variant(d.Labels[kube.LabelVariant])) {
			n += d.Status.AvailableReplicas
		}
	}
	return int(n), nil
}

// restoreStrategy gives stable back the strategy that it had. One that somebody
// wrote since then is theirs and stays.
func (t *target) restoreStrategy(ctx context.Context) error {
	var err error
	if t.stable, err = t.deployments().Get(ctx, t.address.Name); err != nil {
		return err
	}
	had, known := t.before()
	if !known || !had.Lent {
		return nil
	}
	ops := []kube.Op{kube.Test(t.stable.UID, "metadata", "uid"), kube.Test(t.stable.Generation, "metadata", "generation")}
	if had.Strategy.Type != "" && isOneByOne(t.stable.Spec.Strategy) {
		ops = append(ops, kube.Add(had.Strategy, "spec", "strategy"))
	}
	had.Lent = false
	text, err := json.Marshal(had)
	if err != nil {
		return fmt.Errorf("render what stable had: %w", err)
	}
	_, err = t.deployments().Patch(ctx, t.stable.Name, append(ops, kube.Annotate(t.stable.Annotations, annotationBefore, string(text))...))
	return err
}

// isOneByOne reports that a strategy is one that oneByOne gives.
func isOneByOne(s appsv1.DeploymentStrategy) bool {
	r := s.RollingUpdate
	if r == nil || r.MaxUnavailable == nil || r.MaxSurge == nil {
		return false
	}
	zero, one := intstr.FromInt32(0), intstr.FromInt32(1)
	return *r.MaxUnavailable == zero && *r.MaxSurge == one || *r.MaxUnavailable == one && *r.MaxSurge == zero
}
