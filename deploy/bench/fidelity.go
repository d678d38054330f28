package main

import (
	"fmt"
	"io"

	"github.com/optiinfra/performance-agent/internal/bench/fidelity"
	"github.com/optiinfra/performance-agent/internal/recorded"
)

// fitTrials is where the loss no longer falls.
const fitTrials = 300

func fidelityPart(out io.Writer, file string) error {
	dir, err := recorded.Find(".", "vllm-measured")
	if err != nil {
		return fmt.Errorf("%w: %w", errSkipped, err)
	}
	result, err := fidelity.Compare(dir)
	if err != nil {
		return err
	}
	result.Print(out)
	return result.Write(file)
}

// fitPart prints what it finds; whoever ran it decides what goes into the data
// files of perfmodel, so it writes no file.
func fitPart(out io.Writer, _ string) error {
	dir, err := recorded.Find(".", "vllm-measured")
	if err != nil {
		return fmt.Errorf("%w: %w", errSkipped, err)
	}
	experiments, err := fidelity.ReadCalibration(dir)
	if err != nil {
		return err
	}
	_, err = fidelity.Fit(experiments, fitTrials, 1, out)
	return err
}
