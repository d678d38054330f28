package kubernetes_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"
)

// controllers stand in for the Deployment controller, the scheduler and the
// kubelet: whenever somebody reads Deployments or pods, they first bring the pods
// in line. fault, when set, makes pods of a template fail.
type controllers struct {
	t      *testing.T
	client *fake.FakeDynamicClient
	mu     sync.Mutex
	pods   int
	// engines are the replicas of pods that are to be reachable, when not nil.
	engines map[string]*httptest.Server
	fault   func(d *appsv1.Deployment, p *corev1.Pod)
	// slowly makes them replace one pod of a Deployment at a look.
	slowly bool
	// condition, when set, is one that every Deployment has.
	condition *appsv1.DeploymentCondition
}

var (
	deploymentsGVR = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	podsGVR        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
)

func newControllers(t *testing.T, client *fake.FakeDynamicClient) *controllers {
	c := &controllers{t: t, client: client}
	act := func(clienttesting.Action) (bool, runtime.Object, error) { c.act(); return false, nil, nil }
	client.PrependReactor("create", "*", func(a clienttesting.Action) (bool, runtime.Object, error) {
		made := a.(clienttesting.CreateAction).GetObject().(*unstructured.Unstructured)
		made.SetUID(types.UID(uuid.NewString()))
		return false, nil, nil
	})
	for _, verb := range []string{"get", "list"} {
		client.PrependReactor(verb, "deployments", act)
		client.PrependReactor(verb, "pods", act)
	}
	return c
}

func (c *controllers) act() {
	c.mu.Lock()
	defer c.mu.Unlock()
	pods := list[corev1.Pod](c, podsGVR, "Pod")
	deployments := list[appsv1.Deployment](c, deploymentsGVR, "Deployment")
	for _, p := range pods {
		if !slices.ContainsFunc(deployments, func(d appsv1.Deployment) bool { return selects(d, p) }) {
			c.end(p)
		}
	}
	for _, d := range deployments {
		c.roll(d, pods)
	}
}

func selects(d appsv1.Deployment, p corev1.Pod) bool {
	return labels.SelectorFromSet(d.Spec.Selector.MatchLabels).Matches(labels.Set(p.Labels)) && d.Namespace == p.Namespace
}

// roll keeps the pods of a Deployment that are of its template, ends the others
// and makes those that are missing.
func (c *controllers) roll(d appsv1.Deployment, pods []corev1.Pod) {
	var kept, others []corev1.Pod
	for _, p := range pods {
		same := fmt.Sprint(p.Spec.Containers) == fmt.Sprint(d.Spec.Template.Spec.Containers)
		switch {
		case !selects(d, p):
		case same && len(kept) < int(*d.Spec.Replicas):
			kept = append(kept, p)
		default:
			others = append(others, p)
		}
	}
	for started := 0; len(kept) < int(*d.Spec.Replicas) && (started == 0 || !c.slowly || len(others) == 0); started++ {
		kept = append(kept, c.start(d))
	}
	for len(others) > 0 && len(others)+len(kept) > int(*d.Spec.Replicas) {
		c.end(others[0])
		others = others[1:]
	}
	updated := int32(len(kept))
	kept = append(kept, others...)
	available := int32(0)
	for _, p := range kept {
		for _, k := range p.Status.Conditions {
			if k.Type == corev1.PodReady && k.Status == corev1.ConditionTrue {
				available++
			}
		}
	}
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation, Replicas: int32(len(kept)), UpdatedReplicas: updated, AvailableReplicas: available}
	if c.condition != nil {
		d.Status.Conditions = []appsv1.DeploymentCondition{*c.condition}
		d.Status.AvailableReplicas = 0
	}
	require.NoError(c.t, c.client.Tracker().Update(deploymentsGVR, untyped(c.t, &d), d.Namespace))
}

func (c *controllers) start(d appsv1.Deployment) corev1.Pod {
	c.pods++
	now := metav1.Now()
	p := corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: *d.Spec.Template.ObjectMeta.DeepCopy(), Spec: *d.Spec.Template.Spec.DeepCopy()}
	p.Name, p.Namespace, p.CreationTimestamp = fmt.Sprintf("%s-%04d", d.Name, c.pods), d.Namespace, now
	p.Spec.NodeName = "gpu-1"
	p.Status = corev1.PodStatus{PodIP: fmt.Sprintf("192.0.2.%d", c.pods), Phase: corev1.PodRunning,
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: now}}}
	if c.engines != nil {
		c.engines[p.Name] = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		c.t.Cleanup(c.engines[p.Name].Close)
	}
	if c.fault != nil {
		c.fault(&d, &p)
	}
	require.NoError(c.t, c.client.Tracker().Create(podsGVR, untyped(c.t, &p), p.Namespace))
	return p
}

// end removes a pod and what it runs.
func (c *controllers) end(p corev1.Pod) {
	require.NoError(c.t, c.client.Tracker().Delete(podsGVR, p.Namespace, p.Name))
	if e, ok := c.engines[p.Name]; ok {
		e.Close()
	}
}

// url is where a pod's engine is reached, for kubernetes.Options.
func (c *controllers) url(p *corev1.Pod, _ int32) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.engines[p.Name].URL
}

// kill ends the pod at an endpoint.
func (c *controllers) kill(t *testing.T, endpoint string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range list[corev1.Pod](c, podsGVR, "Pod") {
		if e, ok := c.engines[p.Name]; ok && e.URL == endpoint {
			c.end(p)
			return
		}
	}
	t.Fatalf("no pod at %s", endpoint)
}

// failWith makes the pods of Deployments of that name have a container status.
func (c *controllers) failWith(name string, status corev1.ContainerStatus) {
	c.fault = func(d *appsv1.Deployment, p *corev1.Pod) {
		if !strings.HasPrefix(d.Name, name) {
			return
		}
		status.Name = "engine"
		p.Status.Conditions, p.Status.ContainerStatuses = nil, []corev1.ContainerStatus{status}
	}
}

func list[T any](c *controllers, gvr schema.GroupVersionResource, kind string) []T {
	found, err := c.client.Tracker().List(gvr, gvr.GroupVersion().WithKind(kind), "")
	require.NoError(c.t, err)
	var out []T
	require.NoError(c.t, meta.EachListItem(found, func(o runtime.Object) error {
		out = append(out, *new(T))
		return runtime.DefaultUnstructuredConverter.FromUnstructured(untyped(c.t, o).Object, &out[len(out)-1])
	}))
	return out
}

func untyped(t *testing.T, object any) *unstructured.Unstructured {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	require.NoError(t, err)
	return &unstructured.Unstructured{Object: content}
}
