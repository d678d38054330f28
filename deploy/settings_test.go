package deploy_test

import (
	"testing"
	"time"

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

// ends is how long server and worker may take by their defaults: what they wait for,
// and 3 s for the last traces. The worker, which has no delay, has a margin of 3 s.
func ends(t *testing.T) time.Duration {
	t.Helper()
	list, err := config.ServerReference()
	require.NoError(t, err)
	all := 3 * time.Second
	for _, s := range list {
		if s.Flag == "--shutdown-timeout" || s.Flag == "--shutdown-delay" {
			d, err := time.ParseDuration(s.Default)
			require.NoError(t, err)
			all += d
		}
	}
	require.Greater(t, all, 20*time.Second, "both settings were found")
	return all
}

func TestSettings_ShutdownEnds_BeforeTheSupervisorKills(t *testing.T) {
	t.Parallel()
	for _, d := range of[*appsv1.Deployment](t, build(t, manifests)) {
		pod := d.Spec.Template.Spec
		before := time.Duration(0)
		if l := pod.Containers[0].Lifecycle; l != nil {
			before = time.Duration(l.PreStop.Sleep.Seconds) * time.Second
		}
		require.LessOrEqual(t, before+ends(t), time.Duration(*pod.TerminationGracePeriodSeconds)*time.Second, d.Name)
	}
	c := composeFile(t)
	for _, name := range []string{"server", "worker", "demo"} {
		grace, err := time.ParseDuration(c.Services[name].StopGrace)
		require.NoError(t, err, "%s: compose kills after 10 s by itself", name)
		require.LessOrEqual(t, ends(t), grace, name)
	}
}
