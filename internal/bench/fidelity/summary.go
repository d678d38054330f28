package fidelity

import (
	"math"
	"slices"
)

// Summary of the calibration's means: medians of absolute errors, as fractions.
type Summary struct {
	E2E  float64 `json:"e2e_mean"`
	ITL  float64 `json:"itl_mean"`
	TTFT float64 `json:"ttft_mean"`
	// Rows is how many figures of each metric were compared.
	Rows int `json:"rows"`
}

// Goals for the medians.
const (
	GoalE2E  = 0.06
	GoalITL  = 0.06
	GoalTTFT = 0.15
)

// Peer is the published error of another simulator on runs of the same study:
// mean absolute percentage errors, as the study's authors report them.
type Peer struct {
	Name           string
	E2E, ITL, TTFT float64
	Runs           string
}

// Peers as SOURCES.md beside the data lists them.
func Peers() []Peer {
	return []Peer{
		{"BLIS evolved", 0.24, 0.22, 0.23, "all"},
		{"BLIS roofline", 0.45, 0.52, 3.62, "all"},
		{"llm-optimizer estimate", 0.41, 0.54, 6.78, "all"},
		{"AIConfigurator estimate", 0.18, 0.21, 7.93, "all"},
		{"Vidur", 0.10, 0.11, 0.16, "the 11 that it supports"},
		{"LLMServingSim", 0.38, 0.32, 16.29, "first 300 requests"},
	}
}

// Summarise takes the rows that keep selects.
func Summarise(rows []Row, keep func(Row) bool) Summary {
	e2e := errorsOf(rows, "e2e_mean", keep)
	return Summary{E2E: median(e2e), Rows: len(e2e),
		ITL: median(errorsOf(rows, "itl_mean", keep)), TTFT: median(errorsOf(rows, "ttft_mean", keep))}
}

// MeanErrors is Summarise with means, which is what the peers publish.
func MeanErrors(rows []Row, keep func(Row) bool) Summary {
	e2e := errorsOf(rows, "e2e_mean", keep)
	return Summary{E2E: mean(e2e), Rows: len(e2e),
		ITL: mean(errorsOf(rows, "itl_mean", keep)), TTFT: mean(errorsOf(rows, "ttft_mean", keep))}
}

// errorsOf are the absolute errors of a metric of the calibration.
func errorsOf(rows []Row, metric string, keep func(Row) bool) []float64 {
	var out []float64
	for _, r := range rows {
		if r.Set == setCalibration && r.Metric == metric && r.Reason == "" && keep(r) {
			out = append(out, math.Abs(r.Error))
		}
	}
	return out
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(v))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func mean(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// All, Used and Unused select rows by whether they were used for fitting.
func All(Row) bool      { return true }
func Used(r Row) bool   { return r.UsedForFit }
func Unused(r Row) bool { return !r.UsedForFit }
