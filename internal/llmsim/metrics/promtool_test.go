package metrics_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/recorded"
)

// complaints is what Prometheus' own linter says about a page, without the names
// of the families. It exits with 3 when it says anything.
func complaints(t *testing.T, page string) map[string]bool {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("no promtool (scripts/need prometheus installs it)")
	}
	lint := exec.Command(tool, "check", "metrics")
	lint.Stdin = strings.NewReader(page)
	out, err := lint.CombinedOutput()
	if err != nil {
		require.Equal(t, 3, lint.ProcessState.ExitCode(), "the page does not parse: %s", out)
	}
	said := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
		_, complaint, _ := strings.Cut(line, " ")
		if complaint != "" {
			said[complaint] = true
		}
	}
	return said
}

// The complaints that are allowed are those that the linter has about recorded
// pages of the real engines, which is asserted where the recordings are.
func TestPages_PrometheusLinter_ComplainsOnlyAsItDoesOfTheRealOnes(t *testing.T) {
	t.Parallel()
	g, sglang := newSGLang(t)
	metrics.NewSGLangTraffic(sglang, "m").Began("/generate", "POST")(200, 0, 0)
	request := &sched.Request{Prompt: make([]sched.Token, 1), Generated: 1}
	g.Step(sched.Stats{Blocks: 10, Running: 1, Steps: 1, Last: sched.Step{Prefills: 1}}, []sched.Emission{{Request: request}})
	g.Finished(request, "length", 1)

	for _, c := range []struct {
		name, page string
		allowed    []string
	}{
		{"vllm", text(t, metrics.NewPage(servedVLLM()).TellsCreation(time.Unix(1, 0))), complaintsOfVLLM()},
		// The recording is older than the families named histogram.
		{"sglang", text(t, metrics.NewPage(sglang)), append(complaintsOfSGLang(),
			"metric name should not include type 'histogram'", "metric names should not contain abbreviated units")},
		{"tgi", text(t, metrics.NewPage(servedTGI())), complaintsOfTGI()},
	} {
		for complaint := range complaints(t, c.page) {
			require.Contains(t, c.allowed, complaint, c.name)
		}
	}
}

func TestRecordedPages_HaveTheAllowedComplaints(t *testing.T) {
	t.Parallel()
	for file, allowed := range map[string][]string{
		"vllm-0.11.0-V1-hardware-aware-router.txt": complaintsOfVLLM(), "sglang-0.4-docs.txt": complaintsOfSGLang(), "tgi-3.x-datadog.txt": complaintsOfTGI(),
	} {
		said := complaints(t, string(recorded.Read(t, "metrics", file)))
		for _, complaint := range allowed {
			require.Contains(t, said, complaint, file)
		}
	}
}

func complaintsOfVLLM() []string {
	return append(complaintsOfSGLang(), `non-counter metrics should not have "_total" suffix`)
}

func complaintsOfSGLang() []string { return []string{"metric names should not contain ':'"} }

func complaintsOfTGI() []string {
	return []string{"no help text", `counter metrics should have "_total" suffix`,
		`non-histogram and non-summary metrics should not have "_count" suffix`}
}
