// Command bench measures this project by itself: `go run ./deploy/bench PART`
// runs one part, without arguments all of them, in short sizes; -full takes those
// that are published. Each part prints a table and writes
// out/bench/PART.json, and at the end there is one table of all and
// out/bench/summary.json. `go run ./deploy/bench docs` writes docs/benchmarks.md and
// the README's claims from those files, measuring nothing. `go run ./deploy/bench fit`
// searches the constants of the performance model afresh and prints them; it is no
// part of all.
//
//go:debug randseednop=0
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/optiinfra/performance-agent/internal/bench/self"
	"github.com/optiinfra/performance-agent/internal/bench/summary"
)

// errSkipped marks a part whose input is not on this machine: a failure when the
// part was named, and only said when it is one of all.
var errSkipped = errors.New("skipped")

func main() {
	if err := command(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command(w io.Writer) error {
	if role := self.Role(); role != "" {
		return play(role, w)
	}
	folder := flag.String("out", "out/bench", "folder for the JSON files")
	full := flag.Bool("full", false, "measure at length, for figures that are published")
	runs := flag.Int("runs", 0, "rollouts of the part detection; 0: as many as the size has")
	fleets := flag.Int("fleets", 1000, "fleets of the part scale, at the end")
	minutes := flag.Float64("minutes", 10, "length of the part scale")
	flag.Parse()
	if slices.Equal(flag.Args(), []string{"docs"}) {
		return writePages(*folder)
	}
	b := bench{folder: *folder, full: *full, parts: parts(size{full: *full, detectionRuns: *runs}),
		named: onlyNamed(scaleLoad(*fleets, *minutes))}
	return b.run(flag.Args(), w)
}

// bench is one call of the command.
type bench struct {
	folder string
	full   bool
	parts  []part
	named  []part // which run only when they are named
}

func (b bench) run(names []string, w io.Writer) error {
	if len(names) > 0 {
		b.parts = append(b.parts, b.named...)
	}
	var known []string
	for _, p := range b.parts {
		known = append(known, p.name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("no part %q, use one of %v", name, append(known, "docs"))
		}
	}
	var measured []string
	for _, p := range b.parts {
		if len(names) > 0 && !slices.Contains(names, p.name) {
			continue
		}
		if err := b.measure(p, len(names) == 0, w); err != nil {
			return err
		}
		measured = append(measured, p.name)
	}
	s, err := summary.Load(b.folder)
	if err != nil {
		return err
	}
	return s.Print(w, measured)
}

// measure runs one part and notes when, where and how long. Of all parts one that
// cannot run here is left out; its older figures stay with their older stamp.
func (b bench) measure(p part, all bool, w io.Writer) error {
	stamp := summary.NewStamp(context.Background(), p.name, b.full)
	err := p.run(w, filepath.Join(b.folder, p.name+".json"))
	stamp.Seconds = time.Since(stamp.Began).Seconds()
	if errors.Is(err, errSkipped) && all {
		_, err = fmt.Fprintf(w, "%s: %v\n\n", p.name, err)
		return err
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	if _, err := summary.Update(b.folder, []summary.Stamp{stamp}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s took %.0f s\n\n", p.name, stamp.Seconds)
	return err
}
