package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/optiinfra/performance-agent/internal/provision"
)

// errOvertaken: the Deployment is not any more what this call made it.
var errOvertaken = errors.New("was changed while it started")

// awaitServing returns the pods once the Deployment is rolled over to what it was
// made and every replica serves. A pod that cannot start ends the wait at once,
// one that cannot be placed after a while.
func (t *target) awaitServing(ctx context.Context, made *appsv1.Deployment) ([]corev1.Pod, error) {
	w := waiting{t: t, made: made, began: time.Now()}
	poll := time.NewTicker(t.p.opts.Poll)
	defer poll.Stop()
	for ctx.Err() == nil { // select alone may take the tick of an ended wait
		pods, done, err := w.look(ctx)
		if err != nil || done {
			return pods, err
		}
		select {
		case <-ctx.Done():
		case <-poll.C:
		}
	}
	return nil, fmt.Errorf("wait for Deployment %s: %w", made.Name, context.Cause(ctx))
}

// waiting is one wait for a Deployment.
type waiting struct {
	t       *target
	made    *appsv1.Deployment
	began   time.Time
	blocked time.Time // since when its pods cannot be placed; zero: they can
}

func (w *waiting) look(ctx context.Context) ([]corev1.Pod, bool, error) {
	d, err := w.t.deployments().Get(ctx, w.made.Name)
	if err != nil {
		return nil, false, err
	}
	if d.UID != w.made.UID || w.t.argumentsOf(d) != w.t.argumentsOf(w.made) {
		return nil, false, fmt.Errorf("deployment %s %w", d.Name, errOvertaken)
	}
	pods, err := w.t.podsOf(ctx, d)
	if err != nil {
		return nil, false, err
	}
	if serving := serves(pods); rolledOver(d) && len(serving) >= int(replicasOf(d)) {
		return serving, true, nil
	}
	return nil, false, w.failure(d, pods)
}

// argumentsOf tells what a Deployment runs, whatever its size.
func (t *target) argumentsOf(d *appsv1.Deployment) string {
	if t.container >= len(d.Spec.Template.Spec.Containers) {
		return ""
	}
	return argumentsHash(d.Spec.Template.Spec.Containers[t.container])
}

// rolledOver is the condition that "kubectl rollout status" waits for. The pods are
// read after it and have the last word: what it counts may be gone by then.
func rolledOver(d *appsv1.Deployment) bool {
	s, want := d.Status, replicasOf(d)
	return s.ObservedGeneration >= d.Generation && s.UpdatedReplicas == want && s.Replicas == want && s.AvailableReplicas == want
}

// failure says why the wait is in vain, nil while it is not.
func (w *waiting) failure(d *appsv1.Deployment, pods []corev1.Pod) error {
	started := w.t.startedWith(d, pods)
	if why := broken(started); why != "" {
		return fmt.Errorf("%w: deployment %s: %s", provision.ErrStartFailed, d.Name, why)
	}
	now, why := time.Now(), blockedBy(d, started)
	switch {
	case why == "":
		w.blocked = time.Time{}
	case w.blocked.IsZero():
		w.blocked = now
	case now.Sub(w.blocked) > w.t.p.opts.BlockedFor:
		return fmt.Errorf("%w: deployment %s for %s: %s", provision.ErrStartFailed, d.Name, w.t.p.opts.BlockedFor, why)
	}
	if now.Sub(w.began) > w.t.p.opts.StartTimeout {
		return fmt.Errorf("%w: deployment %s: %d of %d replicas serve after %s; %s", provision.ErrStartFailed, d.Name,
			d.Status.AvailableReplicas, replicasOf(d), w.t.p.opts.StartTimeout, why)
	}
	return nil
}

// startedWith are the pods of the template that the Deployment has now.
func (t *target) startedWith(d *appsv1.Deployment, pods []corev1.Pod) []corev1.Pod {
	var out []corev1.Pod
	for _, p := range pods {
		if t.container < len(p.Spec.Containers) && argumentsHash(p.Spec.Containers[t.container]) == t.argumentsOf(d) {
			out = append(out, p)
		}
	}
	return out
}

// blockedBy says why pods are not created or not placed.
func blockedBy(d *appsv1.Deployment, pods []corev1.Pod) string {
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue {
			return c.Reason + ": " + c.Message
		}
	}
	for _, p := range pods {
		for _, c := range p.Status.Conditions {
			if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
				return fmt.Sprintf("pod %s: %s: %s", p.Name, c.Reason, c.Message)
			}
		}
	}
	return ""
}

// startSeconds is how long a pod took from its creation to serving.
func startSeconds(p *corev1.Pod) float64 {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
			return max(0, seconds(c.LastTransitionTime, p.CreationTimestamp))
		}
	}
	return 0
}

func seconds(later, earlier metav1.Time) float64 { return later.Sub(earlier.Time).Seconds() }
