package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/optiinfra/performance-agent/internal/bench/gateway"
)

// haproxyConfig is the one that this repository ships.
const haproxyConfig = "deploy/haproxy/haproxy.cfg"

func gatewayPart(out io.Writer, file string, full bool) error {
	effort := gateway.Short()
	if full {
		effort = gateway.Full()
	}
	err := gateway.Run(out, file, haproxyConfig, effort)
	if errors.Is(err, gateway.ErrNoTools) {
		return fmt.Errorf("%w: %w", errSkipped, err)
	}
	return err
}
