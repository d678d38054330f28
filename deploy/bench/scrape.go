package main

import (
	"io"

	"github.com/optiinfra/performance-agent/internal/bench/scrape"
	"github.com/optiinfra/performance-agent/internal/engine/known"
)

// recordedPages are of real engines; without the folder only simulated ones count.
const recordedPages = "../shared/data/metrics"

func scrapePart(w io.Writer, file string, full bool) error {
	effort := scrape.Short()
	if full {
		effort = scrape.Full()
	}
	return scrape.Run(w, file, recordedPages, known.Engines(), effort)
}
