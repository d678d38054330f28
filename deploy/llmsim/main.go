// Command llmsim is a simulated vLLM: it takes the engine's real command line,
// serves its API and metrics, and is as fast as a model of the hardware says.
// It is for tests, the demo and capacity planning, never a measurement.
// See internal/llmsim/program for its options.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/optiinfra/performance-agent/internal/llmsim/program"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(program.Main(ctx, os.Args[1:], os.Getenv("PERFAGENT_VARIANT"), os.Stderr))
}
