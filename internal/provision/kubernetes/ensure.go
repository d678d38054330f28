package kubernetes

import (
	"context"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ensureClone takes a variant other than stable from whatever is there to what is
// wanted. Every step may have been taken by an earlier call that was cut off.
func (t *target) ensureClone(ctx context.Context, spec serving.VariantSpec) (serving.VariantStatus, error) {
	wanted, err := t.clone(spec)
	if err != nil {
		return serving.VariantStatus{}, err
	}
	if err := t.checkServices(ctx, wanted); err != nil {
		return serving.VariantStatus{}, err
	}
	if onProduction(spec.Variant) {
		if err := t.pauseAutoscalers(ctx); err != nil {
			return serving.VariantStatus{}, err
		}
	}
	current, changed, err := t.converge(ctx, wanted)
	if err != nil {
		return serving.VariantStatus{}, err
	}
	if err := t.ensureService(ctx, current); err != nil {
		return serving.VariantStatus{}, err
	}
	pods, err := t.awaitServing(ctx, current)
	if errors.Is(err, provision.ErrStartFailed) {
		// What does not start holds accelerators; it must go although the caller may
		// be in a hurry.
		return serving.VariantStatus{}, errors.Join(err, t.delete(context.WithoutCancel(ctx), spec.Variant))
	}
	if err != nil {
		return serving.VariantStatus{}, err
	}
	return t.status(spec, pods, changed), nil
}

// onProduction variants take users' requests, so stable's load is not its own
// while they run.
func onProduction(v serving.Variant) bool { return v == serving.Canary || v == serving.Baseline }

// converge makes or changes the Deployment of a clone. changed is false when it
// was as it should be.
func (t *target) converge(ctx context.Context, wanted *appsv1.Deployment) (current *appsv1.Deployment, changed bool, err error) {
	current, err = t.deployments().Get(ctx, wanted.Name)
	if gone(err) {
		if err := t.checkRoom(ctx, wanted.Spec.Template, int(*wanted.Spec.Replicas)); err != nil {
			return nil, false, err
		}
		current, err = t.deployments().Create(ctx, wanted)
		if err == nil {
			t.p.opts.Logger.Info("deployment created", "deployment", t.address.Namespace+"/"+wanted.Name, "replicas", *wanted.Spec.Replicas)
			return current, true, nil
		}
		if apierrors.IsAlreadyExists(err) { // a call beside this one was faster
			current, err = t.deployments().Get(ctx, wanted.Name)
		}
	}
	if err != nil {
		return nil, false, err
	}
	if err := t.checkOwned(current); err != nil {
		return nil, false, err
	}
	return t.change(ctx, current, wanted)
}

// checkOwned refuses an object that has a clone's name by accident, and one that
// is on its way out: a retry finds it gone.
func (t *target) checkOwned(d *appsv1.Deployment) error {
	if !kube.Owns(d.Labels, t.fleet.Name) {
		return fmt.Errorf("%w: Deployment %s/%s exists and is not the agent's", provision.ErrInvalid, d.Namespace, d.Name)
	}
	if d.DeletionTimestamp != nil {
		return fmt.Errorf("deployment %s/%s is being deleted", d.Namespace, d.Name)
	}
	return nil
}

func (t *target) change(ctx context.Context, current, wanted *appsv1.Deployment) (*appsv1.Deployment, bool, error) {
	ops := []kube.Op{kube.Test(current.UID, "metadata", "uid")}
	if more := int(*wanted.Spec.Replicas - replicasOf(current)); more != 0 {
		if more > 0 {
			if err := t.checkRoom(ctx, wanted.Spec.Template, more); err != nil {
				return nil, false, err
			}
		}
		ops = append(ops, kube.Add(*wanted.Spec.Replicas, "spec", "replicas"))
	}
	if hash := wanted.Annotations[annotationTemplate]; current.Annotations[annotationTemplate] != hash {
		ops = append(ops, kube.Add(wanted.Spec.Template, "spec", "template"))
		ops = append(ops, kube.Annotate(current.Annotations, annotationTemplate, hash)...)
	}
	if len(ops) == 1 {
		return current, false, nil
	}
	changed, err := t.deployments().Patch(ctx, current.Name, ops)
	return changed, true, err
}

func replicasOf(d *appsv1.Deployment) int32 {
	if d.Spec.Replicas == nil {
		return 1 // the default of the API
	}
	return *d.Spec.Replicas
}

func (t *target) ensureService(ctx context.Context, clone *appsv1.Deployment) error {
	_, err := t.services().Create(ctx, t.service(clone))
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	found, err := t.services().Get(ctx, clone.Name)
	if err != nil {
		return err
	}
	if !kube.Owns(found.Labels, t.fleet.Name) {
		return fmt.Errorf("%w: Service %s/%s exists and is not the agent's", provision.ErrInvalid, found.Namespace, found.Name)
	}
	if len(found.Spec.Ports) == 1 && found.Spec.Ports[0].Port == t.port {
		return nil
	}
	_, err = t.services().Patch(ctx, found.Name, []kube.Op{kube.Test(found.UID, "metadata", "uid"),
		kube.Add(t.service(clone).Spec.Ports, "spec", "ports")})
	return err
}

// checkServices refuses a clone that a Service of stable would send users to,
// whatever the weights are.
func (t *target) checkServices(ctx context.Context, clone *appsv1.Deployment) error {
	services, err := t.services().List(ctx, nil)
	if err != nil {
		return err
	}
	for _, s := range services {
		selector := labels.SelectorFromSet(s.Spec.Selector)
		if len(s.Spec.Selector) == 0 || kube.Owns(s.Labels, t.fleet.Name) || !selector.Matches(labels.Set(clone.Spec.Template.Labels)) ||
			!selector.Matches(labels.Set(t.stable.Spec.Template.Labels)) {
			continue
		}
		return fmt.Errorf("%w: Service %s selects %s and would send users to %s at any weight: add a label of the selector of Deployment %s to it",
			provision.ErrInvalid, s.Name, selector, clone.Name, t.address)
	}
	return nil
}

func (t *target) status(spec serving.VariantSpec, pods []corev1.Pod, changed bool) serving.VariantStatus {
	s := serving.VariantStatus{Fleet: t.fleet.Name, Variant: spec.Variant, Config: spec.Config}
	for i := range pods {
		s.Endpoints = append(s.Endpoints, t.p.opts.PodURL(&pods[i], t.port))
		if changed {
			s.ReadySeconds = max(s.ReadySeconds, startSeconds(&pods[i]))
		}
	}
	return s
}
