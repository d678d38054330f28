package kubernetes_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func autoscaler(name, of string, change ...func(*autoscalingv2.HorizontalPodAutoscaler)) *autoscalingv2.HorizontalPodAutoscaler {
	h := &autoscalingv2.HorizontalPodAutoscaler{TypeMeta: metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, UID: "hpa-uid"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{MaxReplicas: 9,
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: of}}}
	for _, f := range change {
		f(h)
	}
	return h
}

func slowly(h *autoscalingv2.HorizontalPodAutoscaler) {
	window := int32(300)
	h.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &window}}
}

func scaledObjectOf(annotations map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject",
		"metadata": map[string]any{"name": "chat", "namespace": namespace, "uid": "keda-uid", "annotations": annotations},
		"spec":     map[string]any{"scaleTargetRef": map[string]any{"name": "chat"}}}}
}

func (c *cluster) autoscaler(t *testing.T, name string) *autoscalingv2.HorizontalPodAutoscaler {
	t.Helper()
	h, err := kube.Autoscalers(c.client, namespace).Get(t.Context(), name)
	require.NoError(t, err)
	return h
}

func (c *cluster) scaledObject(t *testing.T) map[string]string {
	t.Helper()
	u, err := c.client.Resource(schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects"}).
		Namespace(namespace).Get(t.Context(), "chat", metav1.GetOptions{})
	require.NoError(t, err)
	return u.GetAnnotations()
}

func still(h *autoscalingv2.HorizontalPodAutoscaler) bool {
	b := h.Spec.Behavior
	return b != nil && b.ScaleUp != nil && *b.ScaleUp.SelectPolicy == autoscalingv2.DisabledPolicySelect &&
		b.ScaleDown != nil && *b.ScaleDown.SelectPolicy == autoscalingv2.DisabledPolicySelect
}

func TestAutoscalers_OfStable_StandStillWhileCanaryOrBaselineRun(t *testing.T) {
	t.Parallel()
	owned := func(h *autoscalingv2.HorizontalPodAutoscaler) {
		yes := true
		h.OwnerReferences = []metav1.OwnerReference{{Kind: "ScaledObject", Name: "chat", Controller: &yes}}
	}
	objects := []runtime.Object{autoscaler("plain", "chat"), autoscaler("slow", "chat", slowly), autoscaler("other", "other"), autoscaler("keda-hpa", "chat", owned)}
	c := newCluster(t, append(objects, stable(), node("gpu-1", 8), scaledObjectOf(nil))...)
	p := c.provisioner()
	for range 2 { // the second call finds all paused and must not take that for what was there
		for _, v := range []serving.Variant{serving.Canary, serving.Baseline} {
			_, err := p.Ensure(t.Context(), c.fleet, c.spec(v, flags(t, "--max-num-seqs", "64"), 1))
			require.NoError(t, err)
		}
	}
	require.True(t, still(c.autoscaler(t, "plain")))
	require.True(t, still(c.autoscaler(t, "slow")))
	require.False(t, still(c.autoscaler(t, "other")), "another Deployment's")
	require.False(t, still(c.autoscaler(t, "keda-hpa")), "KEDA would write it back; its ScaledObject is paused")
	require.Equal(t, "true", c.scaledObject(t)["autoscaling.keda.sh/paused"])

	require.NoError(t, p.Remove(t.Context(), c.fleet, serving.Canary))
	require.True(t, still(c.autoscaler(t, "plain")), "the baseline runs")
	require.NoError(t, p.Remove(t.Context(), c.fleet, serving.Baseline))
	for name, was := range map[string]*autoscalingv2.HorizontalPodAutoscaler{"plain": autoscaler("plain", "chat"), "slow": autoscaler("slow", "chat", slowly)} {
		require.Equal(t, asJSON(t, was.Spec), asJSON(t, c.autoscaler(t, name).Spec))
		require.Empty(t, c.autoscaler(t, name).Annotations)
	}
	require.Empty(t, c.scaledObject(t))
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestAutoscalers_StagingTakesNoUsers_PausesNothing(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8), autoscaler("plain", "chat"))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Staging, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err)
	require.False(t, still(c.autoscaler(t, "plain")))
}

// The worker died between the deletion and the resumption.
func TestRemove_OfNone_ResumesAutoscalersThatWereLeftPaused(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8), autoscaler("plain", "chat"))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err)
	require.NoError(t, c.client.Tracker().Delete(deploymentsGVR, namespace, "chat-canary"))
	require.NoError(t, c.provisioner().Remove(t.Context(), c.fleet, serving.Canary))
	require.Nil(t, c.autoscaler(t, "plain").Spec.Behavior)
}

func TestAutoscalers_ScaledObjectPausedByAPerson_StaysPaused(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8), scaledObjectOf(map[string]any{"autoscaling.keda.sh/paused": "true"}))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err)
	require.NoError(t, c.provisioner().Remove(t.Context(), c.fleet, serving.Canary))
	require.Equal(t, map[string]string{"autoscaling.keda.sh/paused": "true"}, c.scaledObject(t))
}

func TestAutoscalers_ClusterWithoutKEDA_IsNoError(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8))
	c.client.PrependReactor("list", "scaledobjects", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewNotFound(schema.GroupResource{Group: "keda.sh", Resource: "scaledobjects"}, "")
	})
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err)
	require.NoError(t, c.provisioner().Remove(t.Context(), c.fleet, serving.Canary))
}
