package detection_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/detection"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

func after(seconds float64) *float64 { return &seconds }

func hang(percent int, detected, restored *float64) detection.Result {
	return detection.Result{Case: detection.Case{Percent: percent, Plant: detection.Plant{Hang: true}}, Detected: detected, Restored: restored}
}

func rowNamed(t *testing.T, r detection.Report, name string) detection.Row {
	t.Helper()
	for _, row := range r.Rows {
		if row.Name == name {
			return row
		}
	}
	t.Fatalf("no row %q", name)
	return detection.Row{}
}

func TestCases_CoverSharesAndBreaches_EachOnce(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, c := range detection.Cases() {
		require.False(t, names[c.String()], "%s twice", c)
		names[c.String()] = true
	}
	require.Len(t, names, 15)
	require.True(t, names["5% canary, ttft 1.5x the SLO"])
	require.True(t, names["50% canary, errors 20%"])
	require.True(t, names["25% canary, hang"])
}

func TestDeal_EveryRunIsDealt_NoCaseHasTwoMoreThanAnother(t *testing.T) {
	t.Parallel()
	for _, runs := range []int{1, 10, 15, 29, 30} {
		dealt := detection.Deal(detection.Cases(), runs)
		require.Len(t, dealt, runs)
		count := map[detection.Case]int{}
		for _, c := range dealt {
			count[c]++
		}
		for _, c := range detection.Cases() {
			require.InDelta(t, float64(runs)/15, count[c], 1, "%d runs: %s", runs, c)
		}
	}
}

func TestBreaksAfter_SpreadOverTheTicks(t *testing.T) {
	t.Parallel()
	perTwoSeconds := map[int]int{}
	for run := range 30 {
		at := detection.BreaksAfter(run)
		require.GreaterOrEqual(t, at, 5*time.Second)
		require.Less(t, at, 15*time.Second)
		perTwoSeconds[int(at.Seconds()-5)/2]++
	}
	for i := range 5 {
		require.InDelta(t, 6, perTwoSeconds[i], 2)
	}
}

func TestPlan_IsValidAndTheDefaultButForItsShareAndDrain(t *testing.T) {
	t.Parallel()
	got := detection.Plan(25)
	require.NoError(t, got.Validate())
	want := workflows.Plan{}.WithDefaults()
	got = got.WithDefaults()
	require.Equal(t, []int{25, 100}, got.Weights)
	got.Weights, got.DrainSeconds = want.Weights, want.DrainSeconds
	require.Equal(t, want, got)
}

func TestRead_TimesRunFromTheBreak(t *testing.T) {
	t.Parallel()
	out := workflows.RolloutResult{Outcome: serving.OutcomeRolledBack, Reason: "slow", RestoredUnix: 1012,
		Violation: &serving.Violation{Source: "watch", BeganUnix: 990, DetectedUnix: 1010.5}}
	got := detection.Read(out, 1000, 120)
	require.Equal(t, after(10.5), got.Detected)
	require.Equal(t, after(12), got.Restored)
	require.Equal(t, "watch", got.Source)
	require.Contains(t, got.String(), "detected after 10.5 s by watch, restored after 12.0 s: slow")

	got = detection.Read(out, 1000, 11)
	require.NotNil(t, got.Detected)
	require.Nil(t, got.Restored, "beyond the limit")

	out.RestoredUnix = 0
	require.Nil(t, detection.Read(out, 1000, 120).Restored, "never read back")
	require.Contains(t, detection.Read(out, 1000, 120).String(), "restored after never")
}

func TestRead_WhatMeasuredNothing_IsInvalid(t *testing.T) {
	t.Parallel()
	early := workflows.RolloutResult{Outcome: serving.OutcomeRolledBack, Reason: "noise", RestoredUnix: 999, Violation: &serving.Violation{DetectedUnix: 998}}
	got := detection.Read(early, 1000, 120)
	require.Contains(t, got.Invalid, "before the canary broke: noise")
	require.Nil(t, got.Detected)
	require.Contains(t, got.String(), "invalid")
	promoted := detection.Read(workflows.RolloutResult{Outcome: serving.OutcomePromoted, Reason: "fine"}, 1000, 120)
	require.Contains(t, promoted.Invalid, "promoted")
}

func TestReport_OneRunLateOrMissing_IsAMiss(t *testing.T) {
	t.Parallel()
	r := detection.ReportOf([]detection.Result{hang(25, after(10), after(11)), hang(25, after(29), after(121)),
		hang(50, after(3), after(4)), hang(50, nil, nil), hang(50, after(2), after(3))}, 120)

	row := rowNamed(t, r, "25% canary, hang")
	require.True(t, row.Detection.Met)
	require.Equal(t, after(29), row.Detection.Worst)
	require.False(t, row.Restoration.Met)
	row = rowNamed(t, r, "50% canary, hang")
	require.Equal(t, 1, row.Detection.Missing)
	require.Equal(t, after(3), row.Detection.P50)
	require.Nil(t, row.Detection.Worst)
	require.False(t, row.Detection.Met)
	all := rowNamed(t, r, "all")
	require.Equal(t, 5, all.Detection.Runs)
	require.False(t, all.Detection.Met)
}

func TestReport_NothingMeasured_IsNotMet(t *testing.T) {
	t.Parallel()
	broken := hang(25, nil, nil)
	broken.Invalid = "went back before"
	all := rowNamed(t, detection.ReportOf([]detection.Result{broken}, 120), "all")
	require.Equal(t, 1, all.Invalid)
	require.Zero(t, all.Detection.Runs)
	require.False(t, all.Detection.Met)
	require.False(t, all.Restoration.Met)
}

func TestReport_KnownToBeLate_IsNamedAndCountedInAll(t *testing.T) {
	t.Parallel()
	late := detection.Result{Case: detection.Case{Percent: 5, Plant: detection.Plant{TTFTFactor: 1.5}}, Detected: after(45), Restored: after(46)}
	r := detection.ReportOf([]detection.Result{late, hang(25, after(12), after(13))}, 120)
	require.Contains(t, rowNamed(t, r, late.Case.String()).Note, "known to be late")
	require.False(t, rowNamed(t, r, "all of 5%").Detection.Met)
	require.True(t, rowNamed(t, r, "all of 25%").Detection.Met)
	require.Contains(t, rowNamed(t, r, "all of 5%").Note, "0.5 requests/s")
	require.False(t, rowNamed(t, r, "all").Detection.Met)
	require.Equal(t, after(45), rowNamed(t, r, "all").Detection.Worst)
}

func TestReport_PrintsAndWritesWhatItFound(t *testing.T) {
	t.Parallel()
	r := detection.ReportOf([]detection.Result{hang(25, after(10), after(11)), hang(50, nil, nil)}, 120)
	var out strings.Builder
	require.NoError(t, r.Print(&out))
	require.Contains(t, out.String(), "simulated")
	require.Regexp(t, `25% canary, hang +1 +10\.0 +10\.0 +< 30 s: met +11\.0 +11\.0 +< 120 s: met`, out.String())
	require.Regexp(t, `50% canary, hang +1 +not in 120 +not in 120 +< 30 s: missed`, out.String())

	file := filepath.Join(t.TempDir(), "bench", "detection.json")
	require.NoError(t, r.Write(file))
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var back detection.Report
	require.NoError(t, json.Unmarshal(content, &back))
	require.Equal(t, r, back)
	require.True(t, back.Simulated)
}
