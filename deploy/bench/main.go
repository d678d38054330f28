// Command bench measures this project by itself: `go run ./deploy/bench PART`
// runs one part, without arguments all of them. Each prints a table and writes
// out/bench/PART.json.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/optiinfra/performance-agent/internal/bench/diagnosis"
	"github.com/optiinfra/performance-agent/internal/bench/loadgen"
	"github.com/optiinfra/performance-agent/internal/bench/statistics"
	"github.com/optiinfra/performance-agent/internal/engine/known"
)

// part is one measurement.
type part struct {
	name string
	run  func(w io.Writer, file string) error
}

func parts() []part {
	return []part{
		{"diagnosis", func(w io.Writer, file string) error { return diagnosis.Run(w, file, known.Engines()) }},
		{"loadgen", loadgen.Run},
		{"statistics", statistics.Run},
	}
}

func main() {
	folder := flag.String("out", "out/bench", "folder for the JSON files")
	flag.Parse()
	if err := run(flag.Args(), *folder, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(names []string, folder string, w io.Writer) error {
	var known []string
	for _, p := range parts() {
		known = append(known, p.name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("no part %q, use one of %v", name, known)
		}
	}
	for _, p := range parts() {
		if len(names) > 0 && !slices.Contains(names, p.name) {
			continue
		}
		if err := p.run(w, filepath.Join(folder, p.name+".json")); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}
