package fidelity

import (
	"fmt"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/llmsim/whatif"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// seed of every simulated run.
const seed = 1

// Row is one measured figure beside the simulated one.
type Row struct {
	Set        string  `json:"set"` // "calibration" or "published"
	ID         string  `json:"id"`
	Label      string  `json:"label"`
	Source     string  `json:"source"`
	Metric     string  `json:"metric"`
	Unit       string  `json:"unit"`
	Measured   float64 `json:"measured"`
	Simulated  float64 `json:"simulated"`
	Error      float64 `json:"error"` // signed fraction
	UsedForFit bool    `json:"used_for_fit"`
	// Reason says why a figure is not covered; Simulated and Error are then 0.
	Reason string `json:"not_covered,omitempty"`
}

func newRow(set, id, label, source, metric, unit string, measured, simulated float64, fit bool) Row {
	return Row{Set: set, ID: id, Label: label, Source: source, Metric: metric, Unit: unit, UsedForFit: fit,
		Measured: measured, Simulated: simulated, Error: simulated/measured - 1}
}

// Simulate runs an experiment and gives a row for each figure measured.
func Simulate(e Experiment, t perfmodel.Tuning) ([]Row, error) {
	m, err := perfmodel.NewWith(e.Config, e.Hardware, t)
	if err != nil {
		return nil, fmt.Errorf("experiment %s: %w", e.ID, err)
	}
	report, err := whatif.Run(m, e.Traffic, seed)
	if err != nil {
		return nil, fmt.Errorf("experiment %s: %w", e.ID, err)
	}
	var rows []Row
	for _, measured := range e.Rows {
		s := report.Summary
		if i, err := strconv.Atoi(measured.Stage); err == nil && i < len(report.Stages) {
			s = report.Stages[i]
		}
		rows = append(rows, e.rows(measured, s)...)
	}
	if e.KVBlocks > 0 {
		rows = append(rows, newRow(setCalibration, e.ID, e.label(), e.Source, "kv_blocks", "blocks", e.KVBlocks, float64(m.KVBlocks()), false))
	}
	return rows, nil
}

func (e Experiment) rows(m Measured, s whatif.Summary) []Row {
	label := fmt.Sprintf("%s stage %s", e.label(), m.Stage)
	var rows []Row
	for _, f := range []struct {
		metric              string
		measured, simulated float64
	}{
		{"e2e_mean", m.E2E.Mean, s.E2E.Mean}, {"itl_mean", m.ITL, s.ITL.Mean}, {"ttft_mean", m.TTFT.Mean, s.TTFT.Mean},
		{"e2e_p90", m.E2E.P90, s.E2E.P90}, {"e2e_p99", m.E2E.P99, s.E2E.P99},
		{"ttft_p90", m.TTFT.P90, s.TTFT.P90}, {"ttft_p99", m.TTFT.P99, s.TTFT.P99},
	} {
		rows = append(rows, newRow(setCalibration, e.ID, label, e.Source, f.metric, "ms", f.measured, 1e3*f.simulated, e.Fit))
	}
	return rows
}
