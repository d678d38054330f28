package kubernetes

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/optiinfra/performance-agent/internal/provision"
)

// podsOf lists the pods of a Deployment by its selector, which no other one may
// share, in order of their names.
func (t *target) podsOf(ctx context.Context, d *appsv1.Deployment) ([]corev1.Pod, error) {
	selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
	if err != nil {
		return nil, fmt.Errorf("%w: selector of Deployment %s: %w", provision.ErrInvalid, d.Name, err)
	}
	pods, err := t.pods().List(ctx, selector)
	slices.SortFunc(pods, func(a, b corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	return pods, err
}

// serves are the pods that take requests.
func serves(pods []corev1.Pod) []corev1.Pod {
	return slices.DeleteFunc(slices.Clone(pods), func(p corev1.Pod) bool { return p.DeletionTimestamp != nil || !ready(&p) })
}

func ready(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// hopeless are reasons for which a container waits that no waiting cures, or of
// which the kubelet has seen several: a restart of the engine is one too, since
// what ended once while it started ends again.
func hopeless() []string {
	return []string{"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "CrashLoopBackOff"}
}

// broken says why one of the pods will not serve, "" when none is known to fail.
func broken(pods []corev1.Pod) string {
	for _, p := range pods {
		if p.DeletionTimestamp != nil || ready(&p) {
			continue
		}
		if p.Status.Phase == corev1.PodFailed {
			return fmt.Sprintf("pod %s failed: %s %s", p.Name, p.Status.Reason, p.Status.Message)
		}
		for _, c := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
			if why := brokenContainer(c); why != "" {
				return fmt.Sprintf("pod %s, container %s: %s", p.Name, c.Name, why)
			}
		}
	}
	return ""
}

func brokenContainer(c corev1.ContainerStatus) string {
	ended := c.State.Terminated
	if ended == nil {
		ended = c.LastTerminationState.Terminated
	}
	if ended != nil && (ended.ExitCode != 0 || c.RestartCount > 0) {
		return ending(ended)
	}
	if w := c.State.Waiting; w != nil && slices.Contains(hopeless(), w.Reason) {
		return w.Reason + ": " + w.Message
	}
	return ""
}

func ending(ended *corev1.ContainerStateTerminated) string {
	text := fmt.Sprintf("it ended with exit code %d (%s)", ended.ExitCode, ended.Reason)
	if ended.Message != "" {
		text += "; its log ends:\n" + ended.Message
	}
	return text
}
