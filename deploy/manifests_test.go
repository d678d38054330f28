package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/optiinfra/performance-agent/workflows"
)

const manifests = "kubernetes"

// of are the objects of one type.
func of[T any](t *testing.T, all []manifest) []T {
	t.Helper()
	var out []T
	for _, m := range all {
		if o, ok := m.decode(t).(T); ok {
			out = append(out, o)
		}
	}
	return out
}

func imagesOf(t *testing.T, all []manifest) []string {
	t.Helper()
	var out []string
	for _, d := range of[*appsv1.Deployment](t, all) {
		for _, c := range d.Spec.Template.Spec.Containers {
			out = append(out, c.Image)
		}
	}
	return out
}

func selects(t *testing.T, selector *metav1.LabelSelector, pod corev1.PodTemplateSpec) bool {
	t.Helper()
	s, err := metav1.LabelSelectorAsSelector(selector)
	require.NoError(t, err)
	require.False(t, s.Empty(), "selects everything")
	return s.Matches(labels.Set(pod.Labels))
}

func TestManifests_EveryFile_IsValidAndPartOfAnOverlay(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, root := range []string{manifests, manifests + "/overlays/worker-version"} {
		for _, m := range build(t, root) {
			m.decode(t)
			used[m.file] = true
		}
	}
	require.NoError(t, filepath.Walk(manifests, func(path string, info os.FileInfo, err error) error {
		require.NoError(t, err)
		if info.IsDir() || filepath.Base(path) == "kustomization.yaml" {
			return nil
		}
		for _, m := range documents(t, path) {
			m.decode(t)
		}
		if base := filepath.Base(path); base != "worker-queues.yaml" && base != "build.yaml" { // patches, applied above
			require.True(t, used[path], "%s is in no kustomization", path)
		}
		return nil
	}))
}

// What kustomize itself makes of them, where kubectl is at hand.
func TestManifests_Kustomize_BuildsThem(t *testing.T) {
	t.Parallel()
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("no kubectl")
	}
	for _, dir := range []string{".", "base", "overlays/production", "overlays/worker-version"} {
		out, err := exec.CommandContext(t.Context(), kubectl, "kustomize", filepath.Join(manifests, dir)).CombinedOutput()
		require.NoError(t, err, string(out))
		file := filepath.Join(t.TempDir(), "built.yaml")
		require.NoError(t, os.WriteFile(file, out, 0o600))
		for _, m := range documents(t, file) {
			m.decode(t)
		}
		if dir == "overlays/worker-version" {
			require.NotContains(t, strings.ReplaceAll(string(out), "performance-agent-worker-v2", ""), "performance-agent-worker\n",
				"two versions may not select each other's pods")
		}
	}
}

func TestManifests_EveryPod_IsHardenedProbedAndBounded(t *testing.T) {
	t.Parallel()
	deployments := of[*appsv1.Deployment](t, build(t, manifests))
	require.Len(t, deployments, 3)
	for _, d := range deployments {
		pod := d.Spec.Template.Spec
		require.True(t, *pod.SecurityContext.RunAsNonRoot, d.Name)
		require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type)
		require.Greater(t, *pod.TerminationGracePeriodSeconds, int64(25), "20 s to end and 5 s before, %s", d.Name)
		for _, c := range pod.Containers {
			require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem, d.Name)
			require.False(t, *c.SecurityContext.AllowPrivilegeEscalation, d.Name)
			require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop)
			require.NotZero(t, c.Resources.Requests.Cpu().MilliValue(), d.Name)
			require.NotZero(t, c.Resources.Requests.Memory().Value(), d.Name)
			require.NotZero(t, c.Resources.Limits.Memory().Value(), d.Name)
			for _, probe := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
				require.NotNil(t, probe, d.Name)
				require.True(t, hasPort(c, probe.HTTPGet.Port.StrVal), d.Name)
			}
			require.Equal(t, "/health/live", c.LivenessProbe.HTTPGet.Path, "a database that is away is no reason to restart")
		}
	}
}

func hasPort(c corev1.Container, name string) bool {
	for _, p := range c.Ports {
		if p.Name == name {
			return true
		}
	}
	return false
}

func TestManifests_EveryPod_HasItsBudgetItsNetworkPolicyAndItsRights(t *testing.T) {
	t.Parallel()
	all := build(t, manifests)
	accounts := of[*corev1.ServiceAccount](t, all)
	require.Len(t, accounts, 1)
	for _, b := range of[*rbacv1.RoleBinding](t, all) {
		require.Equal(t, accounts[0].Name, b.Subjects[0].Name)
	}
	policies := of[*networkingv1.NetworkPolicy](t, all)
	for _, d := range of[*appsv1.Deployment](t, all) {
		require.True(t, selects(t, d.Spec.Selector, d.Spec.Template), d.Name)
		require.Equal(t, accounts[0].Name, d.Spec.Template.Spec.ServiceAccountName, d.Name)
		require.Len(t, policies, 1)
		require.True(t, selects(t, &policies[0].Spec.PodSelector, d.Spec.Template), d.Name)
		budgets := 0
		for _, b := range of[*policyv1.PodDisruptionBudget](t, all) {
			if selects(t, b.Spec.Selector, d.Spec.Template) {
				budgets++
			}
		}
		require.Equal(t, 1, budgets, "evictions of %s fail with none or several", d.Name)
	}
	for _, s := range of[*corev1.Service](t, all) {
		served := 0
		for _, d := range of[*appsv1.Deployment](t, all) {
			if labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(d.Spec.Template.Labels)) {
				served++
				require.True(t, hasPort(d.Spec.Template.Spec.Containers[0], s.Spec.Ports[0].TargetPort.StrVal))
			}
		}
		require.Equal(t, 1, served, s.Name)
	}
}

func TestManifests_Policy_LetsNobodyReachMetadataAddresses(t *testing.T) {
	t.Parallel()
	policy := of[*networkingv1.NetworkPolicy](t, build(t, manifests))[0]
	require.ElementsMatch(t, []networkingv1.PolicyType{"Ingress", "Egress"}, policy.Spec.PolicyTypes)
	for _, e := range policy.Spec.Egress {
		for _, to := range e.To {
			if to.IPBlock.CIDR == "0.0.0.0/0" {
				require.Contains(t, to.IPBlock.Except, "169.254.0.0/16")
			} else {
				require.NotContains(t, to.IPBlock.CIDR, "169.254")
			}
		}
	}
}

func TestManifests_Scaling_FollowsQueuesThatItsWorkersServe(t *testing.T) {
	t.Parallel()
	all := build(t, manifests)
	queues := map[string]string{}
	for _, d := range of[*appsv1.Deployment](t, all) {
		for _, e := range d.Spec.Template.Spec.Containers[0].Env {
			if e.Name == "PERFAGENT_QUEUES" {
				queues[d.Name] = e.Value
			}
		}
	}
	var served []string
	for _, list := range queues {
		served = append(served, strings.Split(list, ",")...)
	}
	require.ElementsMatch(t, workflows.Queues(), served, "each queue has one group of workers")
	var offered struct {
		ExternalRules []struct {
			SeriesQuery  string `yaml:"seriesQuery"`
			MetricsQuery string `yaml:"metricsQuery"`
			Resources    struct {
				Namespaced bool `yaml:"namespaced"`
			} `yaml:"resources"`
			Name struct {
				As string `yaml:"as"`
			} `yaml:"name"`
		} `yaml:"externalRules"`
	}
	read(t, "prometheus/adapter.yaml", &offered)
	scalers := of[*autoscalingv2.HorizontalPodAutoscaler](t, all)
	require.Len(t, scalers, 2)
	for _, s := range scalers {
		for _, m := range s.Spec.Metrics {
			// Temporal's exporter writes _ for -.
			queue := strings.ReplaceAll(m.External.Metric.Selector.MatchLabels["taskqueue"], "_", "-")
			require.Contains(t, strings.Split(queues[s.Spec.ScaleTargetRef.Name], ","), queue, s.Name)
			require.Equal(t, offered.ExternalRules[0].Name.As, m.External.Metric.Name)
		}
	}
	for _, d := range of[*appsv1.Deployment](t, all) {
		if _, scaled := queues[d.Name]; scaled {
			require.Nil(t, d.Spec.Replicas, "%s: the scaler owns the number", d.Name)
		}
	}
}
