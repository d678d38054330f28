package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
)

// Exit codes: those of Python and of clap, whose argument parsers exit with 2.
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
		fmt.Fprintf(stderr, "ERROR [llmsim, simulated %s] %s\n", options.Hardware.GPU, refusal(options, err))
		return exitFailure
	}
	socket, err := p.Bind()
	if err == nil {
		err = p.Run(ctx, socket)
	}
	if err != nil {
		log.Error("engine died", "error", err)
		return exitFailure
	}
	return exitOK
}

// refusal is what the engine says when it does not start.
func refusal(o Options, err error) string {
	s, unknown := simulatedFor(o.Config.Engine)
	if unknown != nil {
		return err.Error()
	}
	return s.refusal(err)
}
