package fidelity_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/fidelity"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/recorded"
)

func TestReadCalibration_BothSets_HoldEveryKindOfModel(t *testing.T) {
	t.Parallel()
	experiments, err := fidelity.ReadCalibration(recorded.Path(t, "vllm-measured"))
	require.NoError(t, err)
	rows, fit := 0, 0
	for _, e := range experiments {
		rows += len(e.Rows)
		if e.Fit {
			fit++
		}
	}
	require.Equal(t, 48, rows, "each measurement is read, none left out")
	require.InDelta(t, len(experiments)/2, fit, 3, "about half is left for the test")
}

// The error is stated, so a change of the model that makes it worse must fail.
func TestSimulateAll_Calibration_StaysWithinTheStatedError(t *testing.T) {
	t.Parallel()
	experiments, err := fidelity.ReadCalibration(recorded.Path(t, "vllm-measured"))
	require.NoError(t, err)
	rows, err := fidelity.SimulateAll(experiments, perfmodel.DefaultTuning())
	require.NoError(t, err)
	all := fidelity.Summarise(rows, fidelity.All)
	require.Equal(t, 48, all.Rows)
	require.Less(t, all.E2E, 0.07)
	require.Less(t, all.ITL, 0.09)
	require.Less(t, all.TTFT, 0.16)
	test := fidelity.Summarise(rows, fidelity.Unused)
	require.Less(t, test.E2E, 0.10)
	t.Logf("all %+v, not used for fitting %+v", all, test)
}

func TestPublished_EveryPoint_HasAnErrorOrAReason(t *testing.T) {
	t.Parallel()
	rows, err := fidelity.Published(recorded.Path(t, "vllm-measured"))
	require.NoError(t, err)
	require.Len(t, rows, 351)
	covered := 0
	for _, r := range rows {
		if r.Reason != "" {
			continue
		}
		covered++
		require.Positive(t, r.Simulated, r.ID)
		require.False(t, math.IsNaN(r.Error) || math.IsInf(r.Error, 0), r.ID)
	}
	require.Greater(t, covered, 150)
}

func TestSensitivity_EveryFlag_MovesAsPublished(t *testing.T) {
	t.Parallel()
	effects, err := fidelity.Sensitivity()
	require.NoError(t, err)
	for _, e := range effects {
		require.True(t, e.Agrees, "%s, %s: %.2f is not within %.2f..%.2f", e.Flag, e.Case, e.Simulated, e.Least, e.Most)
	}
}

func TestSummarise_MediansOfAbsoluteErrors(t *testing.T) {
	t.Parallel()
	var rows []fidelity.Row
	for _, e := range []float64{-0.10, 0.02, 0.30, -0.04} {
		for _, metric := range []string{"e2e_mean", "itl_mean", "ttft_mean"} {
			rows = append(rows, fidelity.Row{Set: "calibration", Metric: metric, Error: e, UsedForFit: e > 0})
		}
	}
	require.InDelta(t, 0.07, fidelity.Summarise(rows, fidelity.All).E2E, 1e-9)
	require.InDelta(t, 0.16, fidelity.Summarise(rows, fidelity.Used).ITL, 1e-9)
	require.InDelta(t, 0.07, fidelity.Summarise(rows, fidelity.Unused).TTFT, 1e-9)
	require.InDelta(t, 0.115, fidelity.MeanErrors(rows, fidelity.All).E2E, 1e-9)
	require.Zero(t, fidelity.Summarise(nil, fidelity.All).Rows)
}

func TestFit_FewTrials_NeverMakesTheLossWorseAndRepeats(t *testing.T) {
	t.Parallel()
	experiments, err := fidelity.ReadCalibration(recorded.Path(t, "vllm-measured"))
	require.NoError(t, err)
	var light []fidelity.Experiment
	for _, e := range experiments {
		if e.ID == "18" || e.ID == "59" {
			light = append(light, e)
		}
	}
	var first, second bytes.Buffer
	a, err := fidelity.Fit(light, 8, 3, &first)
	require.NoError(t, err)
	b, err := fidelity.Fit(light, 8, 3, &second)
	require.NoError(t, err)
	require.Equal(t, a, b)
	require.Equal(t, first.String(), second.String())
	require.Contains(t, first.String(), "start: loss")
}

func TestResult_PrintAndWrite_NameWhatIsNotCovered(t *testing.T) {
	t.Parallel()
	r := fidelity.Result{Rows: []fidelity.Row{
		{Set: "calibration", ID: "1", Label: "x", Metric: "e2e_mean", Unit: "ms", Measured: 100, Simulated: 110, Error: 0.1},
		{Set: "published", ID: "C9", Label: "y", Metric: "TTFT", Reason: "engine trt-llm is not compared here"},
	}}
	var out bytes.Buffer
	r.Print(&out)
	require.Contains(t, out.String(), "+10.0%")
	require.Contains(t, out.String(), "Not covered (1)")
	require.Contains(t, out.String(), "trt-llm")
	require.Contains(t, out.String(), "peer, mean: Vidur")
	path := filepath.Join(t.TempDir(), "deep", "fidelity.json")
	require.NoError(t, r.Write(path))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, key := range []string{"median_abs_error", "e2e_mean", "itl_mean", "ttft_mean", "rows"} {
		require.Contains(t, string(text), `"`+key+`"`)
	}
}
