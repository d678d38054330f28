package scale

import (
	"context"
	"io"
	"time"

	"github.com/optiinfra/performance-agent/internal/bench/self"
)

// RecordOf is a fleet's record; ServeFleets serves simulated fleets.
var RecordOf = recordOf

// ServeFleets serves so many fleets until ctx ends.
func ServeFleets(ctx context.Context, w io.Writer, n int) error { return serveFleets(ctx, w, n) }

// TTFTObjective is the fleets' objective in seconds.
const TTFTObjective = ttftObjective

// Replicas of a fleet.
const Replicas = replicas

// StepOf is a step between two counts that are seconds apart.
func StepOf(fleets int, seconds, cpu float64, events int64, rows int) Step {
	now := time.Unix(0, 0)
	return stepOf(fleets, count{at: now}, count{at: now.Add(time.Duration(seconds * 1e9)), events: events, rows: rows,
		usage: self.Usage{CPU: time.Duration(cpu * 1e9), RSS: 1 << 20}})
}
