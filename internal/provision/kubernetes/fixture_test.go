package kubernetes_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision/kubernetes"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	namespace = "llm"
	model     = "meta-llama/Llama-3.1-8B-Instruct"
)

// cluster is client-go's fake with a stand-in for the controllers and the kubelet
// (controllers_test.go). It is for the agent's own logic and for failures; what
// the API server makes of it is tested in package kubetest's cluster.
type cluster struct {
	client      *fake.FakeDynamicClient
	controllers *controllers
	fleet       serving.Fleet
}

func newCluster(t *testing.T, objects ...runtime.Object) *cluster {
	t.Helper()
	lists := map[schema.GroupVersionResource]string{}
	for _, k := range []struct{ group, version, resource, list string }{{"", "v1", "pods", "PodList"}, {"", "v1", "services", "ServiceList"},
		{"", "v1", "nodes", "NodeList"}, {"apps", "v1", "deployments", "DeploymentList"}, {"keda.sh", "v1alpha1", "scaledobjects", "ScaledObjectList"},
		{"autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscalerList"}} {
		lists[schema.GroupVersionResource{Group: k.group, Version: k.version, Resource: k.resource}] = k.list
	}
	var stored []runtime.Object
	for _, o := range objects {
		stored = append(stored, untyped(t, o))
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists, stored...)
	c := &cluster{client: client, controllers: newControllers(t, client),
		fleet: serving.Fleet{Name: "chat", Config: flags(t, "--max-num-seqs", "16"), Replicas: 2,
			Provisioner: serving.AdapterRef{Kind: kubernetes.Kind, Address: "llm/chat"}}}
	return c
}

// quick never waits long; the fake's controllers act at once.
func (c *cluster) provisioner(change ...func(*kubernetes.Options)) *kubernetes.Provisioner {
	o := kubernetes.Options{Clusters: kube.NewClustersOf(c.client), Engines: known.Engines(), StartTimeout: 5 * time.Second,
		BlockedFor: time.Millisecond, Settle: time.Millisecond, Poll: time.Millisecond}
	for _, f := range change {
		f(&o)
	}
	return kubernetes.New(o)
}

func flags(t *testing.T, args ...string) serving.EngineConfig {
	t.Helper()
	c, err := vllm.New().Parse(append([]string{"vllm", "serve", model}, args...))
	require.NoError(t, err)
	return c
}

// stable is a Deployment as people write them.
func stable(changes ...func(*appsv1.Deployment)) *appsv1.Deployment {
	two := int32(2)
	d := &appsv1.Deployment{TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: "chat", Namespace: namespace, UID: "stable-uid", Generation: 1, Labels: map[string]string{"argocd.argoproj.io/instance": "chat"}},
		Spec: appsv1.DeploymentSpec{Replicas: &two, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "chat"}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "chat", "team": "search"}, Annotations: map[string]string{"prometheus.io/scrape": "true"}},
				Spec: corev1.PodSpec{NodeSelector: map[string]string{"gpu": "h100"},
					Tolerations: []corev1.Toleration{{Key: "nvidia.com/gpu", Operator: corev1.TolerationOpExists}},
					Volumes:     []corev1.Volume{{Name: "models"}},
					Containers: []corev1.Container{{Name: "engine", Image: "vllm/vllm-openai:v0.11.0", Command: []string{"vllm", "serve"},
						Args:         []string{model, "--max-num-seqs=16", "--host", "0.0.0.0", "--port", "8000", "--served-model-name", "chat"},
						Ports:        []corev1.ContainerPort{{ContainerPort: 8000}},
						VolumeMounts: []corev1.VolumeMount{{Name: "models", MountPath: "/models"}},
						Resources:    corev1.ResourceRequirements{Limits: gpus(1)}}}}}}}
	for _, change := range changes {
		change(d)
	}
	return d
}

func gpus(n int64) corev1.ResourceList {
	return corev1.ResourceList{"nvidia.com/gpu": *resource.NewQuantity(n, resource.DecimalSI)}
}

// node has GPUs that stable's pods may use.
func node(name string, n int64, changes ...func(*corev1.Node)) *corev1.Node {
	out := &corev1.Node{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"gpu": "h100"}},
		Spec:       corev1.NodeSpec{Taints: []corev1.Taint{{Key: "nvidia.com/gpu", Effect: corev1.TaintEffectNoSchedule}}},
		Status: corev1.NodeStatus{Allocatable: gpus(n),
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}}}
	for _, change := range changes {
		change(out)
	}
	return out
}

func (c *cluster) deployment(t *testing.T, name string) *appsv1.Deployment {
	t.Helper()
	d, err := kube.Deployments(c.client, namespace).Get(t.Context(), name)
	require.NoError(t, err)
	return d
}

func (c *cluster) spec(v serving.Variant, config serving.EngineConfig, replicas int) serving.VariantSpec {
	return serving.VariantSpec{Fleet: "chat", Variant: v, Config: config, Replicas: replicas}
}

// writes are the kinds of requests that changed something, by verb and resource.
func (c *cluster) writes() []string {
	var out []string
	for _, a := range c.client.Actions() {
		if v := a.GetVerb(); v == "create" || v == "patch" || v == "delete" || v == "update" {
			out = append(out, v+" "+a.GetResource().Resource)
		}
	}
	return out
}
