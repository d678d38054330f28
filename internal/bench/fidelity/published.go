package fidelity

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// Published compares the published figures of many GPUs and versions, one row for
// each; those that the model does not cover say why.
func Published(dir string) ([]Row, error) {
	lines, err := readTable(filepath.Join(dir, "published-points.csv"))
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(lines))
	for i, l := range lines {
		rows[i] = publishedRow(l)
	}
	return rows, nil
}

func publishedRow(l line) Row {
	label := strings.Join([]string{l.text("gpu"), "x" + l.text("n_gpu"), l.text("model"), l.text("weights"), l.text("load_type"), l.text("load")}, " ")
	r := Row{
		Set: setPublished, ID: l.text("id"), Label: label, Source: l.text("source"),
		Metric: strings.TrimSpace(l.text("metric") + " " + l.text("stat")), Unit: l.text("unit"),
		Measured: l.number("value"), UsedForFit: strings.Contains(l.text("role"), "fit"),
	}
	value, err := simulatePoint(l)
	if err != nil {
		r.Reason = err.Error()
		return r
	}
	r.Simulated, r.Error = value, value/r.Measured-1
	return r
}

// errUnknown marks a figure whose set-up the source does not state.
var errUnknown = errors.New("the source does not state")

// simulatePoint gives the figure of a line in the line's own unit.
func simulatePoint(l line) (float64, error) {
	m, err := pointModel(l)
	if err != nil {
		return 0, err
	}
	switch l.text("load_type") {
	case "startup":
		return startFigure(l, m)
	case "fixed batch":
		return batchFigure(l, m)
	case "closed-loop concurrency":
		if strings.HasPrefix(l.text("metric"), "ITL ") {
			return streamFigure(l, m)
		}
	}
	run, err := pointRun(l, m)
	if err != nil {
		return 0, err
	}
	return run.figure(l)
}

// startFigure is what an engine logs of its memory.
func startFigure(l line, m perfmodel.Model) (float64, error) {
	if l.text("unit") == "GiB" {
		return m.KVCacheBytes() / (1 << 30), nil
	}
	return float64(m.KVBlocks()), nil
}

// streamFigure is the line that a single stream's ITL follows over its context.
func streamFigure(l line, m perfmodel.Model) (float64, error) {
	at := func(context int) float64 {
		return 1e3 * m.StepSeconds(perfmodel.Batch{Decodes: 1, DecodeContextTokens: context})
	}
	if strings.HasSuffix(l.text("metric"), "intercept") {
		return at(0), nil
	}
	return (at(20000) - at(0)) / 20000, nil
}

// batchFigure is a batch that starts together: one prefill in chunks, then one
// step for each further token.
func batchFigure(l line, m perfmodel.Model) (float64, error) {
	input, output, err := lengths(l)
	if err != nil {
		return 0, err
	}
	n := l.integer("load")
	decode := func(generated int) float64 {
		return m.StepSeconds(perfmodel.Batch{Decodes: n, DecodeContextTokens: n * (input + generated)})
	}
	prefill := prefillSeconds(m, n, input)
	seconds := prefill
	switch l.text("metric") {
	case "prompt 512 time":
		seconds = prefillSeconds(m, 1, 512)
	case "token time batch 1", "token time batch 64":
		seconds = decode(output / 2)
	default:
		for i := 1; i < output; i++ {
			seconds += decode(i)
		}
	}
	return inUnit(seconds, l.text("unit"))
}

func prefillSeconds(m perfmodel.Model, n, input int) float64 {
	budget, seconds := m.Settings().MaxNumBatchedTokens, 0.0
	for left := n * input; left > 0; left -= budget {
		tokens := min(left, budget)
		whole := max(1, tokens/input)
		chunks := make([]perfmodel.Chunk, whole)
		for i := range chunks {
			chunks[i].New = tokens / whole
		}
		seconds += m.StepSeconds(perfmodel.Batch{Prefills: chunks})
	}
	return seconds
}

func inUnit(seconds float64, unit string) (float64, error) {
	switch unit {
	case "ms":
		return 1e3 * seconds, nil
	case "s":
		return seconds, nil
	}
	return 0, fmt.Errorf("unit %s is not one of time", unit)
}

// publishedError is the median absolute error of the covered figures.
func publishedError(rows []Row) (float64, int) {
	var errs []float64
	for _, r := range rows {
		if r.Reason == "" {
			errs = append(errs, math.Abs(r.Error))
		}
	}
	return median(errs), len(errs)
}
