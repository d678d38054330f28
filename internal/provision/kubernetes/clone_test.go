package kubernetes_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestEnsure_Canary_IsStableWithOtherFlagsAndNothingElse(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8))
	status, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64", "--enable-prefix-caching"), 1))
	require.NoError(t, err)
	require.Len(t, status.Endpoints, 1)
	require.True(t, strings.HasPrefix(status.Endpoints[0], "http://192.0.2.") && strings.HasSuffix(status.Endpoints[0], ":8000"))

	d, was := c.deployment(t, "chat-canary"), c.deployment(t, "chat")
	engine, pod := d.Spec.Template.Spec.Containers[0], d.Spec.Template.Spec
	require.Equal(t, []string{model, "--max-num-seqs", "64", "--host", "0.0.0.0", "--port", "8000", "--served-model-name", "chat", "--enable-prefix-caching"}, engine.Args)
	require.Equal(t, []string{"vllm", "serve"}, engine.Command)
	require.Equal(t, was.Spec.Template.Spec.NodeSelector, pod.NodeSelector)
	require.Equal(t, was.Spec.Template.Spec.Tolerations, pod.Tolerations)
	require.Equal(t, was.Spec.Template.Spec.Volumes, pod.Volumes)
	require.Equal(t, was.Spec.Template.Spec.Containers[0].Resources, engine.Resources)
	require.Equal(t, was.Spec.Template.Spec.Containers[0].VolumeMounts, engine.VolumeMounts)
	require.Equal(t, "true", d.Spec.Template.Annotations["prometheus.io/scrape"])
	require.Equal(t, "search", d.Spec.Template.Labels["team"])
	require.Equal(t, map[string]string(kube.Labels("chat", serving.Canary)), d.Labels, "labels by which others keep stable are not copied")
	require.Equal(t, was.UID, d.OwnerReferences[0].UID)
	require.Equal(t, corev1.TerminationMessageFallbackToLogsOnError, engine.TerminationMessagePolicy)
	require.Zero(t, d.Spec.Strategy.RollingUpdate.MaxSurge.IntValue(), "a change of the clone needs no further accelerator")
	require.Equal(t, []string{"create deployments", "create services"}, c.writes(), "stable is as it was")
}

func TestEnsure_Clone_IsSelectedByItsOwnServiceAlone(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8), serviceOf(map[string]string{"app": "chat"}))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err)
	pod := labels.Set(c.deployment(t, "chat-canary").Spec.Template.Labels)
	require.False(t, labels.SelectorFromSet(map[string]string{"app": "chat"}).Matches(pod))
	own, err := kube.Services(c.client, namespace).Get(t.Context(), "chat-canary")
	require.NoError(t, err)
	require.True(t, labels.SelectorFromSet(own.Spec.Selector).Matches(pod))
	require.EqualValues(t, 8000, own.Spec.Ports[0].Port)
	require.True(t, kube.Owns(own.Labels, "chat"))
}

func serviceIn(namespace string) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "made-by-hand", Namespace: namespace},
		Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 8000}}}}
}

func serviceOf(selector map[string]string) *corev1.Service {
	return &corev1.Service{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Name: "chat", Namespace: namespace}, Spec: corev1.ServiceSpec{Selector: selector}}
}

func TestEnsure_ServiceThatWouldSendUsersToTheClone_IsRefused(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8), serviceOf(map[string]string{"team": "search"}))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.ErrorIs(t, err, provision.ErrInvalid)
	require.ErrorContains(t, err, "Service chat selects team=search")
	require.Empty(t, c.writes())
}

func TestEnsure_SelectorWithoutLabelsToChange_IsRefused(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(func(d *appsv1.Deployment) {
		d.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpExists}}}
	}), node("gpu-1", 8))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Staging, flags(t, "--max-num-seqs", "64"), 1))
	require.ErrorIs(t, err, provision.ErrInvalid)
	require.ErrorContains(t, err, "needs a matchLabels entry")
}

func TestEnsure_Version_ChangesTheTagOfTheImage(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"vllm/vllm-openai:v0.11.0":                    "vllm/vllm-openai:v0.12.0",
		"registry.local:5000/vllm:0.11.0-cu13":        "registry.local:5000/vllm:0.12.0-cu13",
		"vllm/vllm-openai:latest":                     "",
		"registry.local:5000/vllm":                    "",
		"vllm/vllm-openai:v0.11.0@sha256:0123456789a": "",
	} {
		c := newCluster(t, stable(func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Image = image }), node("gpu-1", 8))
		c.fleet.Config.Version = "0.11.0"
		next := c.fleet.Config
		next.Version = "0.12.0"
		_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Staging, next, 1))
		if want == "" {
			require.ErrorIs(t, err, provision.ErrInvalid, image)
			continue
		}
		require.NoError(t, err, image)
		require.Equal(t, want, c.deployment(t, "chat-staging").Spec.Template.Spec.Containers[0].Image)
	}
}

func TestEnsure_EngineContainer_IsFoundAmongSeveral(t *testing.T) {
	t.Parallel()
	sidecar := func(d *appsv1.Deployment) {
		d.Spec.Template.Spec.Containers = append([]corev1.Container{{Name: "proxy", Args: []string{"--port", "9"}}}, d.Spec.Template.Spec.Containers...)
	}
	c := newCluster(t, stable(sidecar), node("gpu-1", 8))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Staging, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err, "the one that has accelerators")
	made := c.deployment(t, "chat-staging").Spec.Template.Spec.Containers
	require.Equal(t, []string{"--port", "9"}, made[0].Args)
	require.Contains(t, made[1].Args, "64")

	both := newCluster(t, stable(sidecar, func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Resources.Limits = gpus(1) }), node("gpu-1", 8))
	_, err = both.provisioner().Ensure(t.Context(), both.fleet, both.spec(serving.Staging, flags(t, "--max-num-seqs", "64"), 1))
	require.ErrorIs(t, err, provision.ErrInvalid)
	require.ErrorContains(t, err, "?container=NAME")
	both.fleet.Provisioner.Address = "llm/chat?container=engine&port=8000"
	_, err = both.provisioner().Ensure(t.Context(), both.fleet, both.spec(serving.Staging, flags(t, "--max-num-seqs", "64"), 1))
	require.NoError(t, err)
	both.fleet.Provisioner.Address = "llm/chat?container=other"
	_, err = both.provisioner().Describe(t.Context(), both.fleet)
	require.ErrorContains(t, err, `no container "other"`)
}

func TestEnsure_CanaryOfAStableThatIsNotAsRecorded_IsRefused(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(), node("gpu-1", 8))
	c.fleet.Config = flags(t, "--max-num-seqs", "32")
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.ErrorIs(t, err, provision.ErrInvalid)
	require.ErrorContains(t, err, `--max-num-seqs "16", not "32"`)
	require.Empty(t, c.writes())
	found, err := c.provisioner().Describe(t.Context(), c.fleet)
	require.NoError(t, err)
	seqs, _ := found[0].Config.Get("--max-num-seqs")
	require.Equal(t, "16", seqs, "what runs is told, not what is recorded")
}

func TestEnsure_ShellScriptAsCommand_IsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable(func(d *appsv1.Deployment) {
		d.Spec.Template.Spec.Containers[0].Command, d.Spec.Template.Spec.Containers[0].Args = []string{"sh", "-c", "vllm serve " + model}, nil
	}), node("gpu-1", 8))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.ErrorIs(t, err, provision.ErrInvalid)
	require.ErrorContains(t, err, "shell script")
}

func TestEnsure_NameTakenBySomebody_IsNotTouched(t *testing.T) {
	t.Parallel()
	foreign := stable(func(d *appsv1.Deployment) {
		d.Name, d.UID = "chat-canary", "foreign"
		d.Spec.Selector.MatchLabels, d.Spec.Template.Labels = map[string]string{"app": "foreign"}, map[string]string{"app": "foreign"}
	})
	c := newCluster(t, stable(), foreign, node("gpu-1", 8))
	_, err := c.provisioner().Ensure(t.Context(), c.fleet, c.spec(serving.Canary, flags(t, "--max-num-seqs", "64"), 1))
	require.ErrorIs(t, err, provision.ErrInvalid)
	require.NoError(t, c.provisioner().Remove(t.Context(), c.fleet, serving.Canary))
	require.EqualValues(t, "foreign", c.deployment(t, "chat-canary").UID)
	require.Empty(t, c.writes())
}

func TestFleetOrAddressThatCannotBe_IsInvalid(t *testing.T) {
	t.Parallel()
	c := newCluster(t, stable())
	for what, change := range map[string]func(*serving.Fleet){
		"address":      func(f *serving.Fleet) { f.Provisioner.Address = "http://host" },
		"port":         func(f *serving.Fleet) { f.Provisioner.Address = "llm/chat?port=http" },
		"no such one":  func(f *serving.Fleet) { f.Provisioner.Address = "llm/other" },
		"name":         func(f *serving.Fleet) { f.Name = "chat-" },
		"other engine": func(f *serving.Fleet) { f.Config.Engine = "triton" },
	} {
		f := c.fleet
		change(&f)
		_, err := c.provisioner().Describe(t.Context(), f)
		require.ErrorIs(t, err, provision.ErrInvalid, what)
		require.ErrorIs(t, c.provisioner().Remove(t.Context(), f, serving.Canary), provision.ErrInvalid, what)
	}
	require.ErrorIs(t, c.provisioner().Remove(t.Context(), c.fleet, serving.Stable), provision.ErrInvalid, "stable is never removed")
}
