package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/optiinfra/performance-agent/internal/bench/api"
)

func apiPart(out io.Writer, file string) error {
	err := api.Run(out, file)
	if errors.Is(err, api.ErrNoTools) {
		return fmt.Errorf("%w: %w", errSkipped, err)
	}
	return err
}
