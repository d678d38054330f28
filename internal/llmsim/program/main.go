package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
)

// Exit codes: those of vLLM, whose argument parser exits with 2.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// Main runs the simulated engine until the context ends and returns the exit
// code. Everything it has to say goes to stderr.
func Main(ctx context.Context, args []string, variant string, stderr io.Writer) int {
	options, err := ParseOptions(args, variant, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintln(stderr, "llmsim: error:", err)
		return exitUsage
	}
	log := slog.New(slog.NewTextHandler(stderr, nil)).With("program", "llmsim")
	p, err := New(options, log)
	if err != nil {
		fmt.Fprintf(stderr, "ERROR [llmsim, simulated %s] %v\nRuntimeError: Engine core initialization failed. See root cause above.\n", options.Hardware.GPU, err)
		return exitFailure
	}
	listener, err := p.Listen()
	if err == nil {
		err = p.Run(ctx, listener)
	}
	if err != nil {
		log.Error("engine died", "error", err)
		return exitFailure
	}
	return exitOK
}
