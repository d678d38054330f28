package kubernetes_test

import (
	"net/http/httptest"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/provision/conformance"
	"github.com/optiinfra/performance-agent/internal/provision/kubernetes"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// On client-go's fake; the same suite runs on a real control plane in real_test.go.
func TestKubernetes_OnAFake_Conforms(t *testing.T) {
	t.Parallel()
	conformance.Run(t, func(t *testing.T) *conformance.Subject {
		c := newCluster(t, stable(), node("gpu-1", 16))
		c.controllers.engines = map[string]*httptest.Server{}
		c.controllers.fault = func(d *appsv1.Deployment, p *corev1.Pod) {
			if slices.Contains(d.Spec.Template.Spec.Containers[0].Args, "13") {
				p.Status.Conditions = nil
				p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "engine", LastTerminationState: corev1.ContainerState{
					Terminated: &corev1.ContainerStateTerminated{ExitCode: 3, Reason: "Error", Message: "ValueError: thirteen"}}}}
			}
		}
		again := func() provision.Provisioner {
			return c.provisioner(func(o *kubernetes.Options) { o.PodURL = c.controllers.url })
		}
		return &conformance.Subject{Provisioner: again(), Fleet: c.fleet, Again: again, Kill: c.controllers.kill,
			Config: func(name string) serving.EngineConfig { return flags(t, "--max-num-seqs", "16", "--seed", seed(name)) },
			Broken: flags(t, "--max-num-seqs", "13"), Why: "ValueError: thirteen"}
	})
}

// seed makes a number of a name.
func seed(name string) string { return string('0' + name[0]%10) }
