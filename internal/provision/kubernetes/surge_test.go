package kubernetes_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Stable's two pods are on gpu-1 and hold a GPU each.
func TestEnsure_NoRoomForTheAccelerators_StartsNothingAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 3), node("cpu-1", 0))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 2))
	require.ErrorIs(t, err, provision.ErrNoCapacity)
	require.ErrorIs(t, err, serving.ErrPermanent)
	require.ErrorContains(t, err, "2 replicas with 1 nvidia.com/gpu each are wanted, and the 2 of 2 nodes that they may run on have room for 1")
	require.NotContains(t, c.writes(), "create deployments")
	_, err = c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err)
	_, err = c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 2))
	require.ErrorIs(t, err, provision.ErrNoCapacity, "for the one that is added")
	_, err = c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err, "what runs needs no more room")
}

func TestEnsure_OnlyNodesThatThePodsMayRunOnCount(t *testing.T) {
	t.Parallel()
	for why, change := range map[string]func(*corev1.Node){
		"another label": func(n *corev1.Node) { n.Labels["gpu"] = "l4" },
		"cordoned":      func(n *corev1.Node) { n.Spec.Unschedulable = true },
		"not ready":     func(n *corev1.Node) { n.Status.Conditions[0].Status = corev1.ConditionUnknown },
		"a taint": func(n *corev1.Node) {
			n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: "reserved", Effect: corev1.TaintEffectNoExecute})
		},
		"affinity":           func(n *corev1.Node) { n.Labels["zone"] = "b" },
		"affinity by number": func(n *corev1.Node) { n.Labels["memory"] = "40" },
		"name":               func(n *corev1.Node) { n.Name = "gpu-3" },
	} {
		second := node("gpu-2", 8, func(n *corev1.Node) { n.Labels["zone"], n.Labels["memory"] = "a", "80" })
		change(second)
		c := newCluster(t, stable(wantsZoneA), node("gpu-1", 2, func(n *corev1.Node) { n.Labels["zone"], n.Labels["memory"] = "a", "80" }), second)
		_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
		require.ErrorIs(t, err, provision.ErrNoCapacity, why)
	}
	c := newCluster(t, stable(wantsZoneA), node("gpu-1", 2), node("gpu-2", 8, func(n *corev1.Node) {
		n.Labels["zone"], n.Labels["memory"] = "a", "80"
		n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: "busy", Effect: corev1.TaintEffectPreferNoSchedule})
	}))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 8))
	require.NoError(t, err, "all is as it should be, and the eighth fits")
}

func wantsZoneA(d *appsv1.Deployment) {
	d.Spec.Template.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{{
			MatchExpressions: []corev1.NodeSelectorRequirement{{Key: "zone", Operator: corev1.NodeSelectorOpIn, Values: []string{"a"}},
				{Key: "memory", Operator: corev1.NodeSelectorOpGt, Values: []string{"79"}}},
			MatchFields: []corev1.NodeSelectorRequirement{{Key: "metadata.name", Operator: corev1.NodeSelectorOpNotIn, Values: []string{"gpu-3"}}}}}}}}
}

func TestEnsure_EnginesWithoutAccelerators_AreLeftToTheScheduler(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(func(d *appsv1.Deployment) {
		d.Spec.Template.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: gpus(1)["nvidia.com/gpu"]}
	}))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err)
}

func TestEnsure_NodesThatMayNotBeSeen_AreLeftToTheScheduler(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 0))
	c.client.PrependReactor("list", "nodes", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "nodes"}, "", nil)
	})
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err)
}
