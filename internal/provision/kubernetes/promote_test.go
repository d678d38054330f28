package kubernetes_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func own(d *appsv1.Deployment) {
	one := intstr.FromString("25%")
	d.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType, RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &one, MaxUnavailable: &one}}
}

func TestEnsureStable_SameConfiguration_WritesNothing(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(own), node("gpu-1", 8))
	status, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, c.fleet.Config, 2))
	require.NoError(t, err)
	require.Len(t, status.Endpoints, 2)
	require.Zero(t, status.ReadySeconds)
	require.Empty(t, c.writes())
}

func TestEnsureStable_NewConfiguration_ChangesTheArgumentsOnly(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(own), node("gpu-1", 8))
	strategies := c.watchStrategies(t)
	next := flags(t, "--max-num-seqs", "64")
	status, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, next, 2))
	require.NoError(t, err)
	require.Len(t, status.Endpoints, 2)
	was, d := stable(own), c.deployment(t, "chat")
	require.Equal(t, []string{model, "--max-num-seqs", "64", "--host", "0.0.0.0", "--port", "8000", "--served-model-name", "chat"}, d.Spec.Template.Spec.Containers[0].Args)
	d.Spec.Template.Spec.Containers[0].Args = was.Spec.Template.Spec.Containers[0].Args
	require.Equal(t, untyped(t, &was.Spec.Template.Spec), untyped(t, &d.Spec.Template.Spec))
	require.Equal(t, was.Spec.Template.Labels, d.Spec.Template.Labels)
	require.Equal(t, was.Spec.Strategy, d.Spec.Strategy, "its own strategy is given back")
	require.Equal(t, was.Labels, d.Labels)
	require.Contains(t, *strategies, "0/1", "while it was rolled over no pod was taken away first")

	c.fleet.Config = next // as the workflow records it
	again, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, next, 2))
	require.NoError(t, err)
	require.Equal(t, status.Endpoints, again.Endpoints)
	found, err := c.provisioner().Describe(t.Context(), c.fleet)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, next.Key(), found[0].Config.Key())
}

// watchStrategies notes maxUnavailable/maxSurge of stable each time the
// controllers see it.
func (c *cluster) watchStrategies(t *testing.T) *[]string {
	seen := &[]string{}
	c.controllers.fault = func(d *appsv1.Deployment, _ *corev1.Pod) {
		if r := d.Spec.Strategy.RollingUpdate; r != nil {
			*seen = append(*seen, r.MaxUnavailable.String()+"/"+r.MaxSurge.String())
		}
	}
	return seen
}

func TestEnsureStable_BackToTheOldConfiguration_RestoresTheTemplateWordForWord(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(own), node("gpu-1", 8))
	for range 2 { // there and back, twice
		_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, flags(t, "--max-num-seqs", "64"), 2))
		require.NoError(t, err)
		_, err = c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, c.fleet.Config, 2))
		require.NoError(t, err)
		require.Equal(t, untyped(t, &stable(own).Spec), untyped(t, &c.deployment(t, "chat").Spec))
	}
}

func TestEnsureStable_SizeOfStable_IsItsOwners(t *testing.T) {
	t.Parallel()
	five := int32(5)
	c := newCluster(t, stable(func(d *appsv1.Deployment) { d.Spec.Replicas = &five }), node("gpu-1", 8))
	status, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, flags(t, "--max-num-seqs", "64"), 2))
	require.NoError(t, err)
	require.Len(t, status.Endpoints, 5)
	require.EqualValues(t, 5, *c.deployment(t, "chat").Spec.Replicas)
}

func TestEnsureStable_NewPodsThatCannotStart_AreReportedAndTheWayBackWorks(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(own), node("gpu-1", 8))
	c.controllers.fault = func(d *appsv1.Deployment, p *corev1.Pod) {
		if p.Spec.Containers[0].Args[2] == "64" {
			p.Status.Conditions = nil
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "engine", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "OOMKilled"}}}}
		}
	}
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, flags(t, "--max-num-seqs", "64"), 2))
	require.ErrorIs(t, err, provision.ErrStartFailed)
	require.ErrorContains(t, err, "OOMKilled")
	_, err = c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, c.fleet.Config, 2))
	require.NoError(t, err)
	require.Equal(t, untyped(t, &stable(own).Spec), untyped(t, &c.deployment(t, "chat").Spec), "the strategy too")
}

// The Service sends to old and new pods alike, so no part of stable may have traffic
// before the last old pod has ended.
func TestEnsureStable_SomeOfTheReplicas_ReturnsWhenAllAreReplaced(t *testing.T) {
	t.Parallel()
	three := int32(3)
	c := newCluster(t, stable(own, func(d *appsv1.Deployment) { d.Spec.Replicas = &three }), node("gpu-1", 8))
	c.fleet.Replicas = 3
	p := c.provisioner()
	old, err := p.Ensure(t.Context(), c.fleet, c.spec(serving.Stable, c.fleet.Config, 3))
	require.NoError(t, err)
	c.controllers.slowly = true
	spec := c.spec(serving.Stable, flags(t, "--max-num-seqs", "64"), 3)
	spec.Updated = 1
	up, err := p.Ensure(t.Context(), c.fleet, spec)
	require.NoError(t, err)
	require.Len(t, up.Endpoints, 3)
	for _, e := range old.Endpoints {
		require.NotContains(t, up.Endpoints, e)
	}
	require.Equal(t, stable(own).Spec.Strategy, c.deployment(t, "chat").Spec.Strategy)
}

// A worker died halfway, and the fleet is wanted back as it was.
func TestEnsureStable_BackFromHalfway_RestoresTheStrategyToo(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(own), node("gpu-1", 8))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, c.fleet.Config, 2))
	require.NoError(t, err)
	c.controllers.slowly = true
	ctx, die := context.WithCancel(t.Context())
	c.controllers.fault = func(_ *appsv1.Deployment, p *corev1.Pod) {
		if p.Spec.Containers[0].Args[2] == "64" {
			die()
		}
	}
	_, err = c.provisioner().Ensure(ctx, c.fleet, c.spec(serving.Stable, flags(t, "--max-num-seqs", "64"), 2))
	require.ErrorIs(t, err, context.Canceled)
	up, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, c.fleet.Config, 2))
	require.NoError(t, err)
	require.Len(t, up.Endpoints, 2)
	require.Equal(t, untyped(t, &stable(own).Spec), untyped(t, &c.deployment(t, "chat").Spec))
}

// With the canary at full size the fleet does without one of stable's replicas, so
// no spare accelerator is needed.
func TestEnsureStable_NoRoomButTheCanaryStands_OldPodsGoFirst(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(own), node("gpu-1", 4))
	p := c.provisioner()
	_, err := p.Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 2))
	require.NoError(t, err)
	strategies := c.watchStrategies(t)
	_, err = p.Ensure(t.Context(), c.fleet, c.spec(serving.Stable, flags(t, "--max-num-seqs", "64"), 2))
	require.NoError(t, err)
	require.Contains(t, *strategies, "1/0")
	require.NotContains(t, *strategies, "0/1")
	require.Equal(t, stable(own).Spec.Strategy, c.deployment(t, "chat").Spec.Strategy)
}

// A fleet that would fall below its size says so, with the numbers.
func TestEnsureStable_NoRoomAndASmallCanary_IsRefused(t *testing.T) {
	t.Parallel()
	four := int32(4)
	c := newCluster(t, stable(own, func(d *appsv1.Deployment) { d.Spec.Replicas = &four }), node("gpu-1", 4))
	c.fleet.Replicas = 4
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, flags(t, "--max-num-seqs", "64"), 4))
	require.ErrorIs(t, err, provision.ErrNoCapacity)
	require.ErrorContains(t, err, "3 of 4 would serve")
	require.Empty(t, c.writes())
}

// The strategy that GPU fleets often have is one that the agent lends as well:
// what a person writes after a promotion is theirs.
func TestEnsureStable_StrategyWrittenByAPersonAfterAPromotion_Stays(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(own), node("gpu-1", 8))
	next := flags(t, "--max-num-seqs", "64")
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, next, 2))
	require.NoError(t, err)
	d, zero, one := c.deployment(t, "chat"), intstr.FromInt32(0), intstr.FromInt32(1)
	d.Spec.Strategy.RollingUpdate = &appsv1.RollingUpdateDeployment{MaxSurge: &zero, MaxUnavailable: &one}
	require.NoError(t, c.client.Tracker().Update(deploymentsGVR, untyped(t, d), namespace))
	c.fleet.Config = next
	_, err = c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, next, 2))
	require.NoError(t, err)
	require.Equal(t, "1", c.deployment(t, "chat").Spec.Strategy.RollingUpdate.MaxUnavailable.String())
}

func TestEnsureStable_NoRoomForTheOneMore_IsRefusedBeforeAnythingChanges(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(own), node("gpu-1", 2))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, flags(t, "--max-num-seqs", "64"), 2))
	require.ErrorIs(t, err, provision.ErrNoCapacity)
	require.Empty(t, c.writes())
}

func TestEnsureStable_FlagsChangedByHand_BecomeWhatIsWantedAndOthersStay(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(own), node("gpu-1", 8))
	c.fleet.Config = flags(t, "--max-num-seqs", "32", "--enable-prefix-caching")
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, c.fleet.Config, 2))
	require.NoError(t, err)
	require.Equal(t, []string{model, "--max-num-seqs", "32", "--host", "0.0.0.0", "--port", "8000", "--served-model-name", "chat", "--enable-prefix-caching"},
		c.deployment(t, "chat").Spec.Template.Spec.Containers[0].Args)
}

// Somebody applied other arguments after a promotion: what was noted then is void.
func TestEnsureStable_ArgumentsChangedByAPerson_AreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(own), node("gpu-1", 8))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, flags(t, "--max-num-seqs", "64"), 2))
	require.NoError(t, err)
	d := c.deployment(t, "chat")
	d.Spec.Template.Spec.Containers[0].Args[2] = "32"
	require.NoError(t, c.client.Tracker().Update(deploymentsGVR, untyped(t, d), namespace))
	found, err := c.provisioner().Describe(t.Context(), c.fleet)
	require.NoError(t, err)
	seqs, _ := found[0].Config.Get("--max-num-seqs")
	require.Equal(t, "32", seqs)
	c.fleet.Config = flags(t, "--max-num-seqs", "32")
	_, err = c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Stable, flags(t, "--max-num-seqs", "48"), 2))
	require.NoError(t, err)
	require.Equal(t, "48", c.deployment(t, "chat").Spec.Template.Spec.Containers[0].Args[2])
}
