package main

import (
	"io"

	"github.com/optiinfra/performance-agent/internal/bench/advisor"
	"github.com/optiinfra/performance-agent/internal/bench/canary"
	"github.com/optiinfra/performance-agent/internal/bench/detection"
	"github.com/optiinfra/performance-agent/internal/bench/diagnosis"
	"github.com/optiinfra/performance-agent/internal/bench/growth"
	"github.com/optiinfra/performance-agent/internal/bench/loadgen"
	"github.com/optiinfra/performance-agent/internal/bench/scale"
	"github.com/optiinfra/performance-agent/internal/bench/search"
	"github.com/optiinfra/performance-agent/internal/bench/statistics"
	"github.com/optiinfra/performance-agent/internal/bench/watch"
	"github.com/optiinfra/performance-agent/internal/engine/known"
)

// part is one measurement.
type part struct {
	name string
	run  func(w io.Writer, file string) error
}

// size is how much is measured.
type size struct {
	full          bool
	detectionRuns int // 0: as the rest
}

// of is the full or the short one of two sizes.
func (s size) of(short, full int) int {
	if s.full {
		return full
	}
	return short
}

func (s size) detection() int {
	if s.detectionRuns > 0 {
		return s.detectionRuns
	}
	return s.of(detection.ShortRuns, detection.FullRuns)
}

// onlyNamed are the parts that measure nothing of ours, may ask somebody else's API,
// or take too long to be one of all.
func onlyNamed(load scale.Load) []part {
	return []part{{"fit", fitPart},
		{"advisor", func(w io.Writer, file string) error { return advisor.Run(w, file, known.Engines()) }},
		{"scale", func(w io.Writer, file string) error { return scalePart(w, file, load) }}}
}

func parts(s size) []part {
	engines := known.Engines()
	return []part{
		{"api", apiPart},
		{"canary", func(w io.Writer, file string) error {
			return canary.Run(w, file, s.of(canary.ShortRuns, canary.FullRuns))
		}},
		{"detection", func(w io.Writer, file string) error { return detectionPart(w, file, s.detection()) }},
		{"diagnosis", func(w io.Writer, file string) error { return diagnosis.Run(w, file, engines) }},
		{"fidelity", fidelityPart},
		{"gateway", func(w io.Writer, file string) error { return gatewayPart(w, file, s.full) }},
		{"growth", func(w io.Writer, file string) error { return growth.Run(w, file, histories) }},
		{"loadgen", loadgen.Run},
		{"run", runPart},
		{"scrape", func(w io.Writer, file string) error { return scrapePart(w, file, s.full) }},
		{"statistics", statistics.Run},
		{"watch", watch.Run},
		{"search", func(w io.Writer, file string) error {
			return search.Run(w, file, engines, s.of(search.ShortSeeds, search.FullSeeds))
		}},
	}
}

// histories are those that the replay test keeps valid.
const histories = "workflows/testdata/replay"
