package fidelity

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// Sets of measurements.
const (
	setCalibration = "calibration"
	setPublished   = "published"
)

// Result is a whole comparison.
type Result struct {
	MedianAbsError Summary  `json:"median_abs_error"`
	FitSet         Summary  `json:"median_abs_error_fit_set"`
	TestSet        Summary  `json:"median_abs_error_test_set"`
	MeanAbsError   Summary  `json:"mean_abs_error"`
	PublishedError float64  `json:"median_abs_error_published"`
	Covered        int      `json:"published_covered"`
	Speed          Speed    `json:"speed"`
	Sensitivity    []Effect `json:"sensitivity"`
	Rows           []Row    `json:"rows"`
}

// Compare runs everything that was measured, from the given data folder.
func Compare(dir string) (Result, error) {
	experiments, err := ReadCalibration(dir)
	if err != nil {
		return Result{}, err
	}
	rows, err := SimulateAll(experiments, perfmodel.DefaultTuning())
	if err != nil {
		return Result{}, err
	}
	points, err := Published(dir)
	if err != nil {
		return Result{}, err
	}
	r := Result{
		MedianAbsError: Summarise(rows, All), MeanAbsError: MeanErrors(rows, All),
		FitSet: Summarise(rows, Used), TestSet: Summarise(rows, Unused),
		Rows: append(rows, points...),
	}
	r.PublishedError, r.Covered = publishedError(points)
	if r.Sensitivity, err = Sensitivity(); err != nil {
		return Result{}, err
	}
	r.Speed, err = MeasureSpeed()
	return r, err
}

// Write writes the result as JSON.
func (r Result) Write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write fidelity: %w", err)
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write fidelity: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write fidelity: %w", err)
	}
	return nil
}
