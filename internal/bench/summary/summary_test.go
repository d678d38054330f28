package summary_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/advisor"
	"github.com/optiinfra/performance-agent/internal/bench/api"
	"github.com/optiinfra/performance-agent/internal/bench/canary"
	"github.com/optiinfra/performance-agent/internal/bench/detection"
	"github.com/optiinfra/performance-agent/internal/bench/gateway"
	"github.com/optiinfra/performance-agent/internal/bench/growth"
	"github.com/optiinfra/performance-agent/internal/bench/record"
	"github.com/optiinfra/performance-agent/internal/bench/search"
	"github.com/optiinfra/performance-agent/internal/bench/statistics"
	"github.com/optiinfra/performance-agent/internal/bench/summary"
	"github.com/optiinfra/performance-agent/internal/bench/vegeta"
	"github.com/optiinfra/performance-agent/internal/bench/watch"
)

const goodRun = `{"scenario":"mistuned","outcome":"promoted","improvement":{"throughput_ratio":4.2,"e2e_p95_reduction":0.3},
"production":{"requests":5000,"lost":0},"generation_seconds":150,"wall_seconds":300}`

// folder of parts' files, each as its part writes it.
func folder(t *testing.T, files map[string]any) string {
	t.Helper()
	dir := t.TempDir()
	for part, report := range files {
		file := filepath.Join(dir, part+".json")
		if text, ok := report.(string); ok {
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			continue
		}
		require.NoError(t, record.Write(file, report))
	}
	return dir
}

func seconds(v float64) *float64 { return &v }

func good() map[string]any {
	spread := func(worst float64, met bool) detection.Spread {
		return detection.Spread{Runs: 30, P50: seconds(8), Worst: seconds(worst), Met: met}
	}
	return map[string]any{
		"run":       goodRun,
		"api":       api.Report{GoalP95: .02, Database: "Postgres", Reads: vegeta.Report{P95Seconds: .009, P99Seconds: .015}, Starts: vegeta.Report{Requests: 500}, Kept: api.Kept{Accepted: 500, Workflows: 500, Records: 500}},
		"detection": detection.Report{Rows: []detection.Row{{Name: "all", Detection: spread(20, true), Restoration: spread(21, true)}, {Name: "one case", Detection: spread(9, true)}}},
		"advisor":   advisor.Report{Rules: advisor.Score{Cases: 110, Share: 1}, Insights: []advisor.Insight{{Seconds: 3}, {Seconds: 12}}},
		"gateway":   gateway.Report{Rows: []gateway.Row{{Traffic: "whole", Way: gateway.Ours, AddedP50Seconds: .0005, MaxPerSecond: 9000}, {Traffic: "whole", Way: gateway.Peers, MaxPerSecond: 12000}}},
		"growth":    growth.Report{Entries: []growth.Entry{{Name: "a day", Size: growth.Size{Events: 3751, Bytes: 2048}}}},
		"watch":     watch.Report{Load: watch.Load{Fleets: 1000}, Rows: []watch.Row{{Upset: "slow answers", Fleets: 500, Found: 500, MaxSeconds: 14}}},
		"search":    search.Report{Seeds: 10, Strategies: map[string]map[string]search.Total{"held-out": {"ours": {TrialsTo95: seconds(6), Cases: 9}, "random": {Cases: 9}}}},
		"canary":    canary.Report{BadRuns: 200, GoodRuns: 200, GoodPromoted: 199},
		"statistics": statistics.Report{Rows: []statistics.Row{{AtMost: seconds(.05), Outcome: statistics.Met}, {AtLeast: seconds(.8), Outcome: statistics.Near},
			{Outcome: statistics.Stated}}},
	}
}

func rows(t *testing.T, files map[string]any) []summary.Row {
	t.Helper()
	out, err := summary.Rows(folder(t, files))
	require.NoError(t, err)
	return out
}

func TestRows_EveryTargetHasItsFigure(t *testing.T) {
	t.Parallel()
	claimed := map[string]summary.Row{}
	for _, r := range rows(t, good()) {
		require.NotEmpty(t, r.Part)
		require.NotEmpty(t, r.Figure, r.What)
		require.NotEmpty(t, r.Method, r.What)
		require.NotEqual(t, "missed", r.Outcome, r.What)
		if r.Claim != "" {
			claimed[r.Claim] = r
		}
	}
	for _, target := range summary.Targets() {
		require.Contains(t, claimed, target)
		require.Equal(t, summary.Commands()[target], claimed[target].Part, "the command that is named where nothing was measured is the one that answers")
	}
	require.Equal(t, "p50 8.0 s, worst 20.0 s", claimed["violation detected in under 30 s"].Figure)
	require.Contains(t, claimed["3x throughput or 66% lower latency from a badly tuned start"].Figure, "4.2x")
}

// A miss in any part is a missed row.
func TestRows_Misses_AreNamed(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(map[string]any){
		"gain of the winner":                             func(f map[string]any) { f["run"] = strings.Replace(goodRun, "4.2", "2.9", 1) },
		"users' requests lost":                           func(f map[string]any) { f["run"] = strings.Replace(goodRun, `"lost":0`, `"lost":1`, 1) },
		"from the start until the optimization is there": func(f map[string]any) { f["run"] = strings.Replace(goodRun, ":150", ":301", 1) },
		"API reads, p95":                                 func(f map[string]any) { f["api"] = api.Report{Reads: vegeta.Report{P95Seconds: .3}, GoalP95: .02} },
		"violation to detection, all": func(f map[string]any) {
			f["detection"] = detection.Report{Rows: []detection.Row{{Name: "all", Detection: detection.Spread{Runs: 2, Missing: 1}}}}
		},
		"an insight, slowest": func(f map[string]any) { f["advisor"] = advisor.Report{Insights: []advisor.Insight{{Seconds: 31}}} },
		"gateway, whole": func(f map[string]any) {
			f["gateway"] = gateway.Report{Rows: []gateway.Row{{Traffic: "whole", Way: gateway.Ours, Errors: 1}}}
		},
		"bad canaries promoted": func(f map[string]any) { f["canary"] = canary.Report{BadRuns: 2, BadPromoted: 1} },
		"how late the watch found slow answers": func(f map[string]any) {
			f["watch"] = watch.Report{Rows: []watch.Row{{Upset: "slow answers", Fleets: 2, Found: 1}}}
		},
	} {
		files := good()
		spoil(files)
		found := false
		for _, r := range rows(t, files) {
			if r.What == want {
				found = true
				require.Equal(t, "missed", r.Outcome, want)
			}
		}
		require.True(t, found, want)
	}
}

func TestRows_NoFile_NoRow_AndABrokenOneIsAnError(t *testing.T) {
	t.Parallel()
	require.Empty(t, rows(t, nil))
	_, err := summary.Rows(folder(t, map[string]any{"api": "nothing"}))
	require.ErrorContains(t, err, "api.json")
}

func TestUpdate_KeepsTheNewestStampOfEachPart(t *testing.T) {
	t.Parallel()
	dir := folder(t, good())
	_, err := summary.Update(dir, []summary.Stamp{{Part: "api", Commit: "old"}, {Part: "run", Commit: "old"}})
	require.NoError(t, err)
	_, err = summary.Update(dir, []summary.Stamp{{Part: "api", Commit: "new", Machine: "a machine", Processors: 2, Seconds: 61, Full: true,
		Began: time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC)}})
	require.NoError(t, err)
	s, err := summary.Load(dir)
	require.NoError(t, err)
	require.Len(t, s.Stamps, 2)
	require.NotEmpty(t, s.Rows)
	page := s.Page()
	require.Contains(t, page, "| `api` | `make bench-api` | 2026-11-24 18:00 | `new` | a machine, 2 processors | 61 s | full |")
	require.Contains(t, page, "HAProxy adds")
	require.Contains(t, page, "(simulated engines)")

	var out strings.Builder
	require.NoError(t, s.Print(&out, []string{"api", "run"}))
	require.Contains(t, out.String(), "1.0 minutes: api 61 s, run 0 s")
	require.NotContains(t, out.String(), "canaries")
}

func TestClaims_WhatWasNotMeasured_IsInTheTableAsSuch(t *testing.T) {
	t.Parallel()
	files := good()
	delete(files, "advisor")
	s, err := summary.Load(folder(t, files))
	require.NoError(t, err)
	table := s.Claims()
	require.Contains(t, table, "| insight in under 30 s | not measured yet | `make bench-advisor` | |")
	require.Contains(t, table, "0 of 5000 (simulated) | `make bench-run` | met |")
	for _, target := range summary.Targets() {
		require.Contains(t, table, "| "+target+" |")
	}
	page, err := s.WithClaims("before\n<!-- claims: written by go run ./deploy/bench docs -->\nold\n<!-- end of claims -->\nafter")
	require.NoError(t, err)
	require.NotContains(t, page, "old")
	require.True(t, strings.HasPrefix(page, "before\n") && strings.HasSuffix(page, "-->\nafter"))
	_, err = s.WithClaims("no place")
	require.ErrorContains(t, err, "no place for the claims")
}

// The committed pages have the shape that the command writes; their figures are those
// of the machine and day that they name.
func TestPages_HaveTheShapeOfTheCommand(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "benchmarks.md"))
	require.NoError(t, err)
	for line := range strings.Lines(summary.Summary{}.Page()) {
		require.Contains(t, string(page), line)
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	require.NoError(t, err)
	written, err := summary.Summary{}.WithClaims(string(readme))
	require.NoError(t, err)
	require.Contains(t, written, "not measured yet")
	for _, target := range summary.Targets() {
		require.Contains(t, string(readme), "| "+target+" |")
	}
}

func TestProcessor_IsTheModelsName(t *testing.T) {
	t.Parallel()
	require.Equal(t, "AMD EPYC", summary.Processor("processor\t: 0\nmodel name\t: AMD EPYC\n", "amd64"))
	require.Equal(t, "arm64", summary.Processor("processor\t: 0\n", "arm64"))
	stamp := summary.NewStamp(t.Context(), "part", true)
	require.NotEmpty(t, stamp.Commit)
	require.Contains(t, stamp.Machine, "go1")
	require.Positive(t, stamp.Processors)
	require.Contains(t, summary.Sources(), "run")
}
