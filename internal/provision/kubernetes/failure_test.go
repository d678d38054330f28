package kubernetes_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/provision/kubernetes"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestEnsure_PodThatCannotStart_FailsAtOnceWithTheReasonAndIsTakenAway(t *testing.T) {
	t.Parallel()
	ended := func(reason string, code int32, message string) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason, Message: message}}
	}
	for want, status := range map[string]corev1.ContainerStatus{
		"ImagePullBackOff: no such tag":          {State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "no such tag"}}},
		"CreateContainerConfigError: no secret":  {State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CreateContainerConfigError", Message: "no secret"}}},
		"exit code 137 (OOMKilled)":              {LastTerminationState: ended("OOMKilled", 137, ""), RestartCount: 1},
		"exit code 1 (Error); its log ends:\nKV": {State: ended("Error", 1, "KV cache too small")},
		"exit code 0 (Completed)":                {LastTerminationState: ended("Completed", 0, ""), RestartCount: 2},
	} {
		c := newCluster(t, stable(), node("gpu-1", 8))
		c.controllers.failWith("chat-canary", status)
		_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
		require.ErrorIs(t, err, provision.ErrStartFailed)
		require.ErrorContains(t, err, want)
		_, err = kube.Deployments(c.client, namespace).Get(t.Context(), "chat-canary")
		require.True(t, apierrors.IsNotFound(err), "it would hold an accelerator")
		_, err = kube.Services(c.client, namespace).Get(t.Context(), "chat-canary")
		require.True(t, apierrors.IsNotFound(err))
	}
}

func TestEnsure_EvictedPod_IsAFailedStart(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8))
	c.controllers.fault = func(d *appsv1.Deployment, p *corev1.Pod) {
		if d.Name == "chat-canary" {
			p.Status = corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", Message: "the node was low on memory"}
		}
	}
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.ErrorContains(t, err, "Evicted the node was low on memory")
}

func TestEnsure_PodThatCannotBePlaced_FailsAfterAWhile(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8))
	c.controllers.fault = func(d *appsv1.Deployment, p *corev1.Pod) {
		if d.Name == "chat-canary" {
			p.Spec.NodeName = ""
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/9 nodes are available"}}
		}
	}
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.ErrorIs(t, err, provision.ErrStartFailed)
	require.ErrorContains(t, err, "Unschedulable: 0/9 nodes are available")
}

func TestEnsure_QuotaExceeded_FailsAfterAWhileWithTheReason(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8))
	c.controllers.condition = &appsv1.DeploymentCondition{Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, Reason: "FailedCreate", Message: "exceeded quota: gpus"}
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.ErrorIs(t, err, provision.ErrStartFailed)
	require.ErrorContains(t, err, "exceeded quota: gpus")
}

func TestEnsure_NeverReady_FailsWhenTheTimeIsOver(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8))
	c.controllers.failWith("chat-canary", corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}})
	p := c.provisioner(func(o *kubernetes.Options) { o.StartTimeout = 20 * time.Millisecond })
	_, err := p.Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 2))
	require.ErrorIs(t, err, provision.ErrStartFailed)
	require.ErrorContains(t, err, "0 of 2 replicas serve")
}

func TestEnsure_CallerGivesUp_LeavesTheStartToTheNextOne(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8))
	c.controllers.failWith("chat-canary", corev1.ContainerStatus{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := c.provisioner().Ensure(ctx, c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, serving.ErrPermanent)
	require.NotNil(t, c.deployment(t, "chat-canary"))
}

func TestEnsure_ChangedBySomebodyWhileItStarts_SaysSoAndMayBeRetried(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8))
	c.controllers.failWith("chat-canary", corev1.ContainerStatus{})
	reads := 0
	c.client.PrependReactor("get", "deployments", func(a clienttesting.Action) (bool, runtime.Object, error) {
		if a.(clienttesting.GetAction).GetName() != "chat-canary" {
			return false, nil, nil
		}
		if reads++; reads < 4 {
			return false, nil, nil
		}
		return true, untyped(t, stable(func(d *appsv1.Deployment) { d.Name = "chat-canary" })), nil
	})
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.ErrorContains(t, err, "was changed while it started")
	require.NotErrorIs(t, err, serving.ErrPermanent)
}

func TestEnsure_ServiceCannotBeMade_TheNextCallCompletes(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8))
	failing := true
	c.client.PrependReactor("create", "services", func(clienttesting.Action) (bool, runtime.Object, error) {
		return failing, nil, apierrors.NewServiceUnavailable("etcd is away")
	})
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, serving.ErrPermanent)
	failing = false
	_, err = c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err)
	require.Equal(t, []string{"create deployments", "create services", "create services"}, c.writes())
}
