package kinds_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/provision/kinds"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// A program is composed on machines that have no kubeconfig.
func TestProvisioners_OfAllKinds_NeedNothingUntilTheyAreUsed(t *testing.T) {
	t.Setenv("KUBECONFIG", "/does/not/exist")
	t.Setenv("HOME", t.TempDir())
	s := kinds.Provisioners(provision.ProcessOptions{StateDir: t.TempDir()}, known.Engines(), nil)
	require.Equal(t, []string{"kubernetes", "process", "webhook"}, s.Kinds())
	running, err := s.Describe(t.Context(), serving.Fleet{Name: "chat", Provisioner: serving.AdapterRef{Kind: "process"}})
	require.NoError(t, err)
	require.Empty(t, running)
	_, err = s.Describe(t.Context(), serving.Fleet{Name: "chat", Config: serving.EngineConfig{Engine: serving.VLLM},
		Provisioner: serving.AdapterRef{Kind: "kubernetes", Address: "llm/chat"}})
	require.ErrorContains(t, err, "find the cluster")
	_, err = s.Describe(t.Context(), serving.Fleet{Name: "chat", Provisioner: serving.AdapterRef{Kind: "docker"}})
	require.ErrorIs(t, err, provision.ErrUnknownKind)
	require.ErrorContains(t, err, "[kubernetes process webhook]")
}

func TestAddressChecks_SayWhatIsWrong(t *testing.T) {
	t.Parallel()
	check := kinds.AddressChecks()["kubernetes"]
	require.NoError(t, check("llm/chat?container=engine&port=8000"))
	require.ErrorContains(t, check("http://cluster"), "namespace/name")
}
