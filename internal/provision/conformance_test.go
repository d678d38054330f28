package provision_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/provision/conformance"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestProcess_Conforms(t *testing.T) {
	t.Parallel()
	conformance.Run(t, func(t *testing.T) *conformance.Subject {
		h := newHost(t)
		return &conformance.Subject{Provisioner: h.worker(), Fleet: h.fleet,
			Config: func(name string) serving.EngineConfig { return config(name) },
			Broken: config("broken", "crash"), Why: "boom, out of memory",
			Again: func() provision.Provisioner { return h.worker() }, Kill: h.kill}
	})
}

// kill ends the replica of an endpoint, as the system does that runs out of
// memory.
func (h *host) kill(t *testing.T, endpoint string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(h.dir, "chat", "*", "replica-*.json"))
	require.NoError(t, err)
	for _, f := range files {
		content, err := os.ReadFile(f)
		require.NoError(t, err)
		var r struct {
			Host    string `json:"host"`
			Port    int    `json:"port"`
			Process struct {
				PID int `json:"pid"`
			} `json:"process"`
		}
		require.NoError(t, json.Unmarshal(content, &r))
		if endpoint == "http://"+net.JoinHostPort(r.Host, strconv.Itoa(r.Port)) {
			require.NoError(t, syscall.Kill(r.Process.PID, syscall.SIGKILL))
			return
		}
	}
	t.Fatalf("no record of %s", endpoint)
}
