package propose

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Input is what proposals are made from. Workload carries the fleet-wide rate.
type Input struct {
	Fleet       serving.Fleet
	Snapshot    serving.Snapshot
	Workload    serving.Workload
	Bottlenecks []serving.Bottleneck
}

// Engine is what proposals need to know of the serving engine; engine.Engine
// satisfies it.
type Engine interface {
	Catalogue() engine.Catalogue
	// Validate lists the constraints that a configuration breaks; none means that
	// the engine is expected to start.
	Validate(cfg serving.EngineConfig, hw serving.Hardware) []engine.Problem
}

// finding returns the diagnosed limit of a kind.
func (in Input) finding(kind serving.BottleneckKind) (serving.Bottleneck, bool) {
	for _, b := range in.Bottlenecks {
		if b.Kind == kind {
			return b, true
		}
	}
	return serving.Bottleneck{}, false
}

// because prefixes a rationale with the findings that call for it.
func (in Input) because(text string, kinds ...serving.BottleneckKind) string {
	for _, kind := range kinds {
		if b, ok := in.finding(kind); ok && b.Summary != "" {
			return b.Summary + ": " + text
		}
	}
	return text
}
