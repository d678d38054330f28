package kubernetes

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision"
)

// checkRoom makes sure that the nodes on which a template may run have the
// accelerators for more replicas of it. Engines without any are not checked: the
// scheduler finds room for them or says why not. An agent that may not see the
// nodes leaves it to the scheduler as well.
func (t *target) checkRoom(ctx context.Context, template corev1.PodTemplateSpec, replicas int) error {
	needs := demand(template.Spec)
	if len(needs) == 0 {
		return nil
	}
	nodes, err := kube.Nodes(t.client).List(ctx, nil)
	if apierrors.IsForbidden(err) {
		t.p.opts.Logger.Warn("free accelerators are not checked: the agent may not list nodes", "fleet", t.fleet.Name)
		return nil
	}
	if err != nil {
		return err
	}
	pods, err := kube.Pods(t.client, "").List(ctx, nil)
	if apierrors.IsForbidden(err) {
		t.p.opts.Logger.Warn("free accelerators are not checked: the agent may not list the pods of the cluster", "fleet", t.fleet.Name)
		return nil
	}
	if err != nil {
		return err
	}
	used, room, matching := usage(pods), 0, 0
	for _, n := range nodes {
		if mayRun(template.Spec, n) {
			matching++
			room += fits(n, used[n.Name], needs)
		}
	}
	if room < replicas {
		return fmt.Errorf("%w: %d replicas with %s each are wanted, and the %d of %d nodes that they may run on have room for %d",
			provision.ErrNoCapacity, replicas, describe(needs), matching, len(nodes), room)
	}
	return nil
}

// demand is what one pod takes: its containers run together, its init containers
// before them one by one.
func demand(spec corev1.PodSpec) map[corev1.ResourceName]int64 {
	out := map[corev1.ResourceName]int64{}
	for _, c := range spec.Containers {
		for name, n := range accelerators(c) {
			out[name] += n
		}
	}
	for _, c := range spec.InitContainers {
		for name, n := range accelerators(c) {
			out[name] = max(out[name], n)
		}
	}
	return out
}

// usage is what the pods of each node hold. One that is ending holds it still.
func usage(pods []corev1.Pod) map[string]map[corev1.ResourceName]int64 {
	out := map[string]map[corev1.ResourceName]int64{}
	for _, p := range pods {
		if p.Spec.NodeName == "" || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
			continue
		}
		if out[p.Spec.NodeName] == nil {
			out[p.Spec.NodeName] = map[corev1.ResourceName]int64{}
		}
		for name, n := range demand(p.Spec) {
			out[p.Spec.NodeName][name] += n
		}
	}
	return out
}

// fits is how many pods with the needs a node has room for.
func fits(n corev1.Node, used, needs map[corev1.ResourceName]int64) int {
	room := int64(-1)
	for name, each := range needs {
		allocatable := n.Status.Allocatable[name]
		free := max(0, allocatable.Value()-used[name]) / each
		if room < 0 || free < room {
			room = free
		}
	}
	return int(max(0, room))
}

func describe(needs map[corev1.ResourceName]int64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(needs)) {
		parts = append(parts, fmt.Sprintf("%d %s", needs[name], name))
	}
	return strings.Join(parts, " and ")
}
