// Command chaos runs seeded fault plans against the whole product on loopback:
// `go run ./deploy/chaos -seed 1 -runs 200`. It prints each run, a table by fault and
// scenario, and writes out/chaos/report.json. The exit code is 0 only if every
// invariant held in every run. `-plans` prints the plans and runs nothing.
//
// See internal/chaos for what is attacked and what must hold. The programs come from
// bin/ (make build); the simulated engines' figures are none of a GPU.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/chaos/rig"
)

func main() {
	if code, done := rig.Program(os.Args[1:]); done {
		os.Exit(code)
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

var errBroken = errors.New("invariants are broken")

func run() error {
	o := rig.Options{Out: os.Stdout}
	flag.Uint64Var(&o.Seed, "seed", 1, "of the first run; the others follow")
	flag.IntVar(&o.Runs, "runs", 200, "how many")
	flag.IntVar(&o.Cells, "cells", 3, "installations, each with a Temporal, a database, a server and a worker")
	flag.IntVar(&o.Lanes, "lanes", 3, "runs side by side in each installation")
	flag.BoolVar(&o.Keep, "keep", false, "leave the logs, which are kept of a broken batch anyhow")
	out := flag.String("out", "out/chaos", "folder of the report")
	plans := flag.Bool("plans", false, "print the plans and run nothing")
	flag.Parse()
	if *plans {
		for i := range o.Runs {
			fmt.Println(chaos.Draw(o.Seed + uint64(i)))
		}
		return nil
	}
	bin, err := filepath.Abs("bin")
	if err != nil {
		return err
	}
	if o.Tools, err = rig.Find(bin); err != nil {
		return err
	}
	o.Cells = min(o.Cells, o.Runs)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := rig.Run(ctx, o)
	if err != nil {
		return err
	}
	if err := report.Print(os.Stdout); err != nil {
		return err
	}
	if err := report.Write(filepath.Join(*out, "report.json")); err != nil {
		return err
	}
	if !report.OK() {
		return errBroken
	}
	return nil
}
