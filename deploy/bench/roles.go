package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"syscall"

	"github.com/optiinfra/performance-agent/internal/bench/gateway"
	"github.com/optiinfra/performance-agent/internal/bench/loadgen"
	"github.com/optiinfra/performance-agent/internal/bench/scale"
)

// play does what another process of this command was started for.
func play(role string, w io.Writer) error {
	roles := map[string]func(context.Context, io.Writer) error{}
	for _, of := range []map[string]func(context.Context, io.Writer) error{loadgen.Roles(), gateway.Roles(), scale.Roles()} {
		maps.Copy(roles, of)
	}
	part, ok := roles[role]
	if !ok {
		return fmt.Errorf("no role %q", role)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return part(ctx, w)
}
