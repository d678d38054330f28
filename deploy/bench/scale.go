package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/optiinfra/performance-agent/internal/bench/scale"
)

// scaleLoad is a thousand fleets, of which fifty break.
func scaleLoad(fleets int, minutes float64) scale.Load {
	return scale.Load{Fleets: fleets, Length: time.Duration(minutes * float64(time.Minute)), Breaks: min(50, fleets)}
}

func scalePart(out io.Writer, file string, load scale.Load) error {
	err := scale.Run(out, file, load)
	if errors.Is(err, scale.ErrNoTools) {
		return fmt.Errorf("%w: %w", errSkipped, err)
	}
	return err
}
