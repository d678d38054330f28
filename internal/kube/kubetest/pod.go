package kubetest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/optiinfra/performance-agent/internal/kube"
)

// podProcess is what a pod runs.
type podProcess struct {
	process                 *process
	url, ip                 string
	ready, ending, reported bool
}

func startPod(pod *corev1.Pod, log string, launcher []string, ip string) (*podProcess, error) {
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	c := pod.Spec.Containers[0]
	command := slices.Concat(launcher, local(slices.Concat(c.Command, c.Args), ports[0]))
	started, err := startProcess(log, []string{"PERFAGENT_VARIANT=" + pod.Labels[kube.LabelVariant]}, command)
	if err != nil {
		return nil, err
	}
	return &podProcess{process: started, url: "http://127.0.0.1:" + ports[0], ip: ip}, nil
}

// local puts the address of this host in the place of the pod's.
func local(args []string, port string) []string {
	out := slices.Clone(args)
	for i := range out[:max(0, len(out)-1)] {
		switch out[i] {
		case "--host":
			out[i+1] = "127.0.0.1"
		case "--port":
			out[i+1] = port
		}
	}
	return out
}

// answers is the readiness probe.
func (p *podProcess) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/health", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func servingStatus(pod *corev1.Pod, p *podProcess) corev1.PodStatus {
	now := metav1.Now()
	status := corev1.PodStatus{Phase: corev1.PodRunning, PodIP: p.ip, PodIPs: []corev1.PodIP{{IP: p.ip}}, StartTime: &now,
		ContainerStatuses: []corev1.ContainerStatus{{Name: pod.Spec.Containers[0].Name, Image: pod.Spec.Containers[0].Image, Ready: true,
			State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}}}}
	for _, kind := range []corev1.PodConditionType{corev1.PodScheduled, corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
		status.Conditions = append(status.Conditions, corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	return status
}

// crashed is a container that ended and is going to be started again.
func crashed(pod *corev1.Pod, p *podProcess) corev1.PodStatus {
	now := metav1.Now()
	ended := &corev1.ContainerStateTerminated{ExitCode: int32(p.process.cmd.ProcessState.ExitCode()), Reason: "Error", StartedAt: now, FinishedAt: now}
	if pod.Spec.Containers[0].TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError {
		ended.Message = p.process.tail()
	}
	return corev1.PodStatus{Phase: corev1.PodRunning, PodIP: p.ip,
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse, LastTransitionTime: now}},
		ContainerStatuses: []corev1.ContainerStatus{{Name: pod.Spec.Containers[0].Name, Image: pod.Spec.Containers[0].Image, RestartCount: 1,
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff",
				Message: fmt.Sprintf("back-off restarting %s", pod.Spec.Containers[0].Name)}},
			LastTerminationState: corev1.ContainerState{Terminated: ended}}}}
}
