// Command bench measures this project by itself: `go run ./deploy/bench PART`
// runs one part, without arguments all of them. Each prints a table and writes
// out/bench/PART.json. `go run ./deploy/bench fit` searches the constants of the
// performance model afresh and prints them; it is no part of all.
//
//go:debug randseednop=0
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/optiinfra/performance-agent/internal/bench/advisor"
	"github.com/optiinfra/performance-agent/internal/bench/canary"
	"github.com/optiinfra/performance-agent/internal/bench/detection"
	"github.com/optiinfra/performance-agent/internal/bench/diagnosis"
	"github.com/optiinfra/performance-agent/internal/bench/loadgen"
	"github.com/optiinfra/performance-agent/internal/bench/search"
	"github.com/optiinfra/performance-agent/internal/bench/self"
	"github.com/optiinfra/performance-agent/internal/bench/statistics"
	"github.com/optiinfra/performance-agent/internal/bench/watch"
	"github.com/optiinfra/performance-agent/internal/engine/known"
)

// part is one measurement.
type part struct {
	name string
	run  func(w io.Writer, file string) error
}

// errSkipped marks a part whose input is not on this machine: a failure when the
// part was named, and only said when it is one of all.
var errSkipped = errors.New("skipped")

// onlyNamed are the parts that measure nothing of ours, or may ask somebody else's
// API, so run only when they are named.
func onlyNamed() []part {
	return []part{{"fit", fitPart}, {"advisor", func(w io.Writer, file string) error { return advisor.Run(w, file, known.Engines()) }}}
}

func parts(detectionRuns int, full bool) []part {
	return []part{
		{"api", apiPart},
		{"canary", canary.Run},
		{"detection", func(w io.Writer, file string) error { return detectionPart(w, file, detectionRuns) }},
		{"diagnosis", func(w io.Writer, file string) error { return diagnosis.Run(w, file, known.Engines()) }},
		{"fidelity", fidelityPart},
		{"gateway", func(w io.Writer, file string) error { return gatewayPart(w, file, full) }},
		{"loadgen", loadgen.Run},
		{"scrape", func(w io.Writer, file string) error { return scrapePart(w, file, full) }},
		{"statistics", statistics.Run},
		{"watch", watch.Run},
		{"search", func(w io.Writer, file string) error { return search.Run(w, file, known.Engines()) }},
	}
}

func main() {
	if role := self.Role(); role != "" {
		if err := play(role, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	folder := flag.String("out", "out/bench", "folder for the JSON files")
	runs := flag.Int("runs", detection.DefaultRuns, "rollouts of the part detection")
	full := flag.Bool("full", false, "measure at length, for figures that are published")
	flag.Parse()
	if err := run(flag.Args(), *folder, parts(*runs, *full), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(names []string, folder string, all []part, w io.Writer) error {
	if len(names) > 0 {
		all = append(all, onlyNamed()...)
	}
	var known []string
	for _, p := range all {
		known = append(known, p.name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("no part %q, use one of %v", name, known)
		}
	}
	for _, p := range all {
		if len(names) > 0 && !slices.Contains(names, p.name) {
			continue
		}
		err := p.run(w, filepath.Join(folder, p.name+".json"))
		if errors.Is(err, errSkipped) && len(names) == 0 {
			fmt.Fprintln(w, p.name+":", err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}
