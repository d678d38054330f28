package kubernetes

import (
	"cmp"
	"context"
	"slices"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func (t *target) describe(ctx context.Context) ([]serving.VariantStatus, error) {
	clones, err := t.deployments().List(ctx, kube.FleetSelector(t.fleet.Name))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(clones, func(a, b appsv1.Deployment) int { return cmp.Compare(a.Name, b.Name) })
	out, err := t.describeOne(ctx, serving.Stable, t.stable)
	if err != nil {
		return nil, err
	}
	for i := range clones {
		found, err := t.describeOne(ctx, serving.Variant(clones[i].Labels[kube.LabelVariant]), &clones[i])
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// describeOne groups the pods of a Deployment by what they run, the configuration
// with more replicas first.
func (t *target) describeOne(ctx context.Context, v serving.Variant, d *appsv1.Deployment) ([]serving.VariantStatus, error) {
	pods, err := t.podsOf(ctx, d)
	if err != nil {
		return nil, err
	}
	out := []serving.VariantStatus{}
	for _, p := range serves(pods) {
		if t.container >= len(p.Spec.Containers) {
			continue
		}
		config, _, err := t.configOf(p.Annotations, p.Spec.Containers[t.container])
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(s serving.VariantStatus) bool { return s.Config.Equal(config) })
		if i < 0 {
			i = len(out)
			out = append(out, serving.VariantStatus{Fleet: t.fleet.Name, Variant: v, Config: config})
		}
		out[i].Endpoints = append(out[i].Endpoints, t.p.opts.PodURL(&p, t.port))
	}
	slices.SortStableFunc(out, func(a, b serving.VariantStatus) int { return cmp.Compare(len(b.Endpoints), len(a.Endpoints)) })
	return out, nil
}
