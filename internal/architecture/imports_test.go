package architecture_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/optiinfra/performance-agent/"

// pure packages decide; they are called by workflows or are the vocabulary, so
// they must be deterministic and free of I/O.
var pure = []string{"internal/serving", "internal/engine", "internal/engine/known", "internal/engine/dcgm", "internal/engine/dialect", "internal/engine/mapping", "internal/engine/sglang", "internal/engine/tgi", "internal/engine/vllm", "internal/diagnose", "internal/advice",
	"internal/propose", "internal/propose/search", "internal/perfmodel", "internal/judge", "internal/slo",
	"internal/admission", "internal/timetable", "internal/openslo", "internal/promrules",
	"internal/series", "internal/trend", "internal/quality", "internal/plot", "internal/page", "internal/report", "internal/overview"}

// adapters touch the world through one library each.
var adapters = []string{"internal/scrape", "internal/promql", "internal/loadgen", "internal/router", "internal/router/gateway",
	"internal/router/gatewayapi", "internal/router/gatewayapitest", "internal/router/kinds", "internal/router/conformance", "internal/router/haproxy", "internal/router/haproxy/haproxytest",
	"internal/provision", "internal/provision/kubernetes", "internal/provision/conformance", "internal/provision/kinds", "internal/store", "internal/notify", "internal/quality/ask", "internal/gate", "internal/orchestrator", "internal/advisor", "internal/advisor/advisortest", "internal/oidcauth"}

// shared packages are what several adapters have in common; they know no adapter.
var shared = []string{"internal/child", "internal/kube", "internal/kube/kubetest", "internal/signed", "internal/durable", "internal/dialguard"}

// gatherers know every adapter of their own room, so that roots need not.
var gatherers = []string{"internal/router/kinds", "internal/router/gatewayapitest", "internal/provision/kinds"}

// roots choose implementations; nothing else may know both sides.
var roots = []string{"worker", "server", "deploy/local", "deploy/demo", "internal/e2e", "internal/bench/loadgen", "internal/chaos/rig"}

type pkg struct {
	ImportPath string
	Imports    []string
}

func (p pkg) name() string { return strings.TrimPrefix(p.ImportPath, module) }

// ours are the imports within the repository, without the module path.
func (p pkg) ours() []string {
	var out []string
	for _, i := range p.Imports {
		if strings.HasPrefix(i, module) {
			out = append(out, strings.TrimPrefix(i, module))
		}
	}
	return out
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...")
	out, err := cmd.Output()
	require.NoError(t, err)
	var list []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err)
		list = append(list, p)
	}
}

func within(name string, list []string) bool { return slices.Contains(list, name) }

func TestServing_ImportsNothingOfOurs(t *testing.T) {
	for _, p := range packages(t) {
		if p.name() == "internal/serving" {
			require.Empty(t, p.ours())
			return
		}
	}
	t.Fatal("internal/serving is gone")
}

// The client is for those outside, so it may say no more than the contract, and it
// may not need a library beyond the standard one.
func TestClient_ImportsNothingOfOursAndNoLibrary(t *testing.T) {
	for _, p := range packages(t) {
		if p.name() == "server/api/client" {
			for _, i := range p.Imports {
				require.NotContains(t, i, ".", "the client imports %s", i)
			}
			return
		}
	}
	t.Fatal("server/api/client is gone")
}

func TestPurePackages_DoNoIO(t *testing.T) {
	forbidden := []string{"os", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog", "sync", "os/exec", "database/sql"}
	for _, p := range packages(t) {
		if !within(p.name(), pure) {
			continue
		}
		for _, i := range p.Imports {
			require.NotContains(t, forbidden, i, "%s imports %s", p.name(), i)
			require.False(t, strings.HasPrefix(i, "go.temporal.io/"), "%s imports %s", p.name(), i)
		}
		for _, i := range p.ours() {
			require.True(t, within(i, pure), "%s imports %s, which is not pure", p.name(), i)
		}
	}
}

func TestWorkflows_KnowNoAdapter(t *testing.T) {
	forbidden := []string{"os", "net", "net/http", "math/rand", "math/rand/v2", "sync", "log", "log/slog"}
	allowed := append([]string{"activities"}, pure...)
	for _, p := range packages(t) {
		if p.name() != "workflows" {
			continue
		}
		for _, i := range p.ours() {
			require.True(t, within(i, allowed), "workflows imports %s", i)
		}
		for _, i := range p.Imports {
			require.NotContains(t, forbidden, i)
		}
	}
}

func TestActivities_KnowNoAdapter(t *testing.T) {
	for _, p := range packages(t) {
		if p.name() != "activities" {
			continue
		}
		for _, i := range p.ours() {
			require.True(t, within(i, pure), "activities imports %s", i)
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "go.temporal.io/sdk/") {
				require.Contains(t, []string{"go.temporal.io/sdk/activity", "go.temporal.io/sdk/temporal"}, i)
			}
		}
	}
}

func TestAdapters_KnowNeitherTemporalNorEachOther(t *testing.T) {
	for _, p := range packages(t) {
		if !within(p.name(), adapters) {
			continue
		}
		for _, i := range p.Imports {
			require.False(t, strings.HasPrefix(i, "go.temporal.io/"), "%s imports %s", p.name(), i)
		}
		for _, i := range p.ours() {
			sameRoom := strings.HasPrefix(i, p.name()+"/") || strings.HasPrefix(p.name(), i+"/") ||
				within(p.name(), gatherers) && strings.HasPrefix(i, path.Dir(p.name())+"/")
			require.True(t, within(i, pure) || within(i, shared) || sameRoom, "%s imports %s", p.name(), i)
		}
	}
}

func TestSharedPackages_KnowOnlyPureOnes(t *testing.T) {
	for _, p := range packages(t) {
		if !within(p.name(), shared) {
			continue
		}
		for _, i := range p.ours() {
			require.True(t, within(i, pure) || within(i, shared), "%s imports %s", p.name(), i)
		}
	}
}

func TestOnlyCompositionRoots_ChooseImplementations(t *testing.T) {
	for _, p := range packages(t) {
		// A benchmark measures the real thing, so it composes what it measures.
		if within(p.name(), roots) || within(p.name(), adapters) || strings.HasPrefix(p.name(), "internal/store/") || strings.HasPrefix(p.name(), "internal/bench/") {
			continue
		}
		for _, i := range p.ours() {
			require.False(t, within(i, adapters), "%s imports the adapter %s", p.name(), i)
		}
	}
}
