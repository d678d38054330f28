// Command llmsim is a simulated vLLM, TGI or SGLang: it takes the engine's real
// command line, serves its API and metrics, and is as fast as a model of the
// hardware says.
// It is for tests, the demo and capacity planning, never a measurement.
// See internal/llmsim/program for its options, and internal/llmsim/whatif for
// `llmsim run`, which runs a workload in virtual time and serves nothing.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/llmsim/program"
	"github.com/optiinfra/performance-agent/internal/llmsim/whatif"
)

func main() {
	// Several engines and a load generator share few cores. One thread carries
	// 8,000 tokens/s with room to spare, and without idle threads looking for
	// work a lightly loaded engine costs half the CPU.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	if len(os.Args) > 1 && os.Args[1] == "run" {
		os.Exit(whatif.Main(os.Args[2:], known.Engines(), os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(program.Main(ctx, os.Args[1:], os.Getenv("PERFAGENT_VARIANT"), os.Stderr))
}
