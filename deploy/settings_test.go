package deploy_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/optiinfra/performance-agent/internal/config"
)

// variables are those that server or worker know.
func variables(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{"TEMPORAL_ADDRESS": true, "TEMPORAL_NAMESPACE": true}
	for _, reference := range []func() ([]config.Setting, error){config.ServerReference, config.WorkerReference} {
		list, err := reference()
		require.NoError(t, err)
		for _, s := range list {
			out[s.Variable] = true
		}
	}
	return out
}

func TestSettings_OfEveryDeployment_AreSettingsThatThereAre(t *testing.T) {
	t.Parallel()
	known := variables(t)
	c := composeFile(t)
	for _, name := range []string{"server", "worker", "demo"} {
		require.NotEmpty(t, c.Services[name].Environment, name)
		for variable := range c.Services[name].Environment {
			require.True(t, known[variable], "%s: %s", name, variable)
		}
	}
	for _, dir := range []string{manifests, manifests + "/overlays/worker-version"} {
		all := build(t, dir)
		for _, m := range of[*corev1.ConfigMap](t, all) {
			for variable := range m.Data {
				require.True(t, known[variable], variable)
			}
		}
		for _, d := range of[*appsv1.Deployment](t, all) {
			for _, e := range d.Spec.Template.Spec.Containers[0].Env {
				require.True(t, known[e.Name], "%s: %s", d.Name, e.Name)
			}
		}
	}
}

func TestSettings_ShutdownEnds_BeforeKubernetesKills(t *testing.T) {
	t.Parallel()
	list, err := config.WorkerReference()
	require.NoError(t, err)
	for _, s := range list {
		if s.Flag == "--shutdown-timeout" {
			require.Equal(t, "20s", s.Default, "the manifests' grace of 30 s is made for it")
		}
	}
}
