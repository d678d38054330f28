package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/optiinfra/performance-agent/internal/bench/detection"
)

func detectionPart(out io.Writer, file string, runs int) error {
	err := detection.Run(out, file, runs)
	if errors.Is(err, detection.ErrNoTemporal) {
		return fmt.Errorf("%w: %w", errSkipped, err)
	}
	return err
}
