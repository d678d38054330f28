package chaos_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func results() []chaos.Result {
	kill := chaos.Blow{Fault: chaos.Fault{Target: chaos.Worker, Way: chaos.Kill, At: chaos.Accepted, LastsMS: 100}}
	engine := chaos.Blow{Fault: chaos.Fault{Target: chaos.Engine, Way: chaos.Freeze, Variant: "canary", At: chaos.CanaryRuns, LastsMS: 100}}
	missed := engine
	missed.Missed = "no engine of canary"
	plan := func(seed uint64) chaos.Plan {
		return chaos.Plan{Seed: seed, Scenario: chaos.BadCanary, Router: chaos.Gateway}
	}
	seconds := func(s float64) *float64 { return &s }
	return []chaos.Result{
		{Plan: plan(3), Failed: "no port", Blows: []chaos.Blow{}},
		{Plan: plan(1), Status: "Completed", Outcome: serving.OutcomeRolledBack, Blows: []chaos.Blow{kill, kill, engine}, Sent: 100, Excused: 2, Restored: seconds(4), Settled: 1},
		{Plan: plan(2), Status: "Completed", Outcome: serving.OutcomePromoted, Blows: []chaos.Blow{kill, missed}, Sent: 50, Restored: seconds(9),
			Lost: []chaos.Request{{Why: "eof"}}, Breaches: []chaos.Breach{{Invariant: "no request is lost", Detail: "1"}}, Repaired: []chaos.Breach{{}}},
	}
}

func TestReportOf_SumsUpByFaultAndScenario(t *testing.T) {
	t.Parallel()
	r := chaos.ReportOf(results(), map[string]int{"worker": 1}, 60)
	require.False(t, r.OK())
	require.Equal(t, []uint64{2, 3}, r.Broken)
	require.Equal(t, 3, r.Runs)
	require.Len(t, r.Faults, 2, "a blow that was missed hit nobody")
	require.Equal(t, chaos.Row{Name: "kill worker", Runs: 2, Ends: map[string]int{"rolled_back": 1, "promoted": 1}, Sent: 150, Excused: 2, Lost: 1,
		Healed: 1, Broken: 1, Missed: 1}, r.Faults[1])
	require.Equal(t, 3, r.Scenarios[0].Runs)
	require.Equal(t, 1, r.Scenarios[0].Ends["not made"])
	require.Equal(t, chaos.Spread{Count: 2, P50: 4, P95: 9, Max: 9}, r.Restored)
	require.Equal(t, 2, r.Settled.Count)
	require.True(t, chaos.ReportOf(results()[1:2], nil, 1).OK())
	require.False(t, chaos.ReportOf(nil, nil, 1).OK(), "no run proves nothing")
}

func TestReport_TellsTheSeedAndHowToRunItAgain(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	results()[2].Print(&out)
	require.Contains(t, out.String(), "go run ./deploy/chaos -seed 2 -runs 1")
	require.Contains(t, out.String(), "BROKEN no request is lost: 1")
	require.Contains(t, out.String(), "missed: no engine of canary")
	out.Reset()
	require.NoError(t, chaos.ReportOf(results(), map[string]int{"worker": 1}, 60).Print(&out))
	require.Contains(t, out.String(), "kill worker")
	require.Contains(t, out.String(), "BROKEN: seeds [2 3]")
	require.Contains(t, out.String(), "worker ended 1 times by itself")
}

func TestReport_IsKeptAsJSON(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "out", "report.json")
	want := chaos.ReportOf(results(), nil, 60)
	require.NoError(t, want.Write(file))
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var got chaos.Report
	require.NoError(t, json.Unmarshal(content, &got))
	require.Equal(t, want, got)
}
