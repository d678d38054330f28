package kubetest

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/optiinfra/performance-agent/internal/kube"
)

// annotationURL is where a pod of a Fakelet really serves. Its pod IP is only a
// label: EndpointSlices refuse addresses of loopback.
const annotationURL = "kubetest/url"

// PodURL is kubernetes.Options.PodURL for pods of a Fakelet.
func PodURL(p *corev1.Pod, _ int32) string { return p.Annotations[annotationURL] }

// Fakelet is a simulated node that runs the pods of one namespace: it binds them,
// starts the first container's command as a process of this host with an address
// and port of its own, reports it ready when it answers, and ends it by SIGTERM
// when its pod is deleted.
type Fakelet struct {
	plane     *Plane
	namespace string
	dir       string
	launcher  []string

	number int // of the latest pod
	pods   map[types.UID]*podProcess
	stop   func()
	failed error
}

// podsGVR is where pods are bound and reported on, by subresources.
func podsGVR() schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: "pods"}
}

// NewFakelet makes a node with the accelerators and starts to run the pods of a
// namespace on it. launcher is put before each command; dir keeps their logs.
// Stop must be called.
func (p *Plane) NewFakelet(ctx context.Context, namespace, dir string, gpus int, launcher ...string) (*Fakelet, error) {
	node := fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":%q,"labels":{"namespace":%q}}}`, "node-"+namespace, namespace)
	if err := p.Apply(ctx, node); err != nil {
		return nil, err
	}
	status := map[string]any{"status": map[string]any{
		"allocatable": map[string]string{"nvidia.com/gpu": fmt.Sprint(gpus), "pods": "100"}, "capacity": map[string]string{"nvidia.com/gpu": fmt.Sprint(gpus), "pods": "100"},
		"conditions": []map[string]string{{"type": "Ready", "status": "True"}}}}
	if err := p.patchStatus(ctx, schema.GroupVersionResource{Version: "v1", Resource: "nodes"}, "", "node-"+namespace, status); err != nil {
		return nil, err
	}
	f := &Fakelet{plane: p, namespace: namespace, dir: dir, launcher: launcher, pods: map[types.UID]*podProcess{}}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() { defer close(done); f.failed = f.run(running) }()
	f.stop = sync.OnceFunc(func() { cancel(); <-done })
	return f, nil
}

// Stop ends all pods' processes and reports what went wrong meanwhile.
func (f *Fakelet) Stop() error {
	f.stop()
	for _, p := range f.pods {
		p.process.stop()
	}
	return f.failed
}

func (f *Fakelet) run(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		pods, err := kube.Pods(f.plane.Client, f.namespace).List(ctx, nil)
		for i := range pods {
			if err == nil {
				err = f.handle(ctx, &pods[i])
			}
		}
		if err == nil {
			err = f.forget(pods)
		}
		if err != nil && ctx.Err() == nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return fmt.Errorf("simulated node: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// handle takes a pod one step on.
func (f *Fakelet) handle(ctx context.Context, pod *corev1.Pod) error {
	running := f.pods[pod.UID]
	switch {
	case pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil:
		return f.bind(ctx, pod)
	case pod.DeletionTimestamp != nil:
		return f.end(ctx, pod, running)
	case running == nil:
		return f.start(ctx, pod)
	case running.process.ended() && !running.reported:
		running.reported = true
		return f.report(ctx, pod, crashed(pod, running))
	case !running.ready && !running.process.ended() && running.answers(ctx):
		running.ready = true
		return f.report(ctx, pod, servingStatus(pod, running))
	}
	return nil
}

func (f *Fakelet) bind(ctx context.Context, pod *corev1.Pod) error {
	binding := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Binding",
		"metadata": map[string]any{"name": pod.Name, "namespace": pod.Namespace},
		"target":   map[string]any{"apiVersion": "v1", "kind": "Node", "name": "node-" + f.namespace}}}
	_, err := f.plane.Client.Resource(podsGVR()).Namespace(pod.Namespace).Create(ctx, binding, metav1.CreateOptions{}, "binding")
	return err
}

func (f *Fakelet) start(ctx context.Context, pod *corev1.Pod) error {
	f.number++
	p, err := startPod(pod, filepath.Join(f.dir, pod.Name+".log"), f.launcher, fmt.Sprintf("10.244.%d.%d", f.number/250, f.number%250+1))
	if err != nil {
		return err
	}
	f.pods[pod.UID] = p
	_, err = kube.Pods(f.plane.Client, pod.Namespace).Patch(ctx, pod.Name, kube.Annotate(pod.Annotations, annotationURL, p.url))
	return err
}

// end asks the process to finish and lets go of the pod when it has.
func (f *Fakelet) end(ctx context.Context, pod *corev1.Pod, running *podProcess) error {
	if running != nil && !running.process.ended() {
		if !running.ending {
			running.ending = true
			running.process.terminate()
		}
		return nil
	}
	none := int64(0)
	return f.plane.Client.Resource(podsGVR()).Namespace(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &none,
		Preconditions: &metav1.Preconditions{UID: &pod.UID}})
}

// forget ends the processes of pods that are gone.
func (f *Fakelet) forget(pods []corev1.Pod) error {
	there := map[types.UID]bool{}
	for _, p := range pods {
		there[p.UID] = true
	}
	for uid, p := range f.pods {
		if !there[uid] {
			p.process.stop()
			delete(f.pods, uid)
		}
	}
	return nil
}

func (f *Fakelet) report(ctx context.Context, pod *corev1.Pod, status corev1.PodStatus) error {
	return f.plane.patchStatus(ctx, podsGVR(), pod.Namespace, pod.Name, map[string]any{"status": status})
}

func (p *Plane) patchStatus(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string, status any) error {
	body, err := json.Marshal(status)
	if err != nil {
		return err
	}
	client := p.Client.Resource(gvr)
	if namespace == "" {
		_, err = client.Patch(ctx, name, types.MergePatchType, body, metav1.PatchOptions{}, "status")
	} else {
		_, err = client.Namespace(namespace).Patch(ctx, name, types.MergePatchType, body, metav1.PatchOptions{}, "status")
	}
	return err
}

// Delete ends the pod at an address, as a lost node does.
func (f *Fakelet) Delete(ctx context.Context, url string) error {
	pods, err := kube.Pods(f.plane.Client, f.namespace).List(ctx, nil)
	if err != nil {
		return err
	}
	for _, p := range pods {
		if strings.HasPrefix(p.Annotations[annotationURL], url) {
			return kube.Pods(f.plane.Client, f.namespace).Delete(ctx, p.Name, p.UID)
		}
	}
	return fmt.Errorf("no pod serves at %s", url)
}
