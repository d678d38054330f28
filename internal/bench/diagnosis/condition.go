package diagnosis

import "github.com/optiinfra/performance-agent/internal/serving"

// NoFamily is the answer that no recommendation answers the top finding.
const NoFamily serving.Family = "none"

// NoFinding is the answer that nothing limits the fleet.
const NoFinding serving.BottleneckKind = "none"

// Condition is one thing that is wrong, or nothing, and what is to be found.
type Condition struct {
	Name   string
	Engine serving.EngineKind
	// Finding is the expected top finding, NoFinding for a healthy engine.
	Finding serving.BottleneckKind
	// Family is what the first recommendation is expected to be about.
	Family serving.Family
	// Why is the reason for the expectation, from the references.
	Why string
	// Plants are the hand-picked variations.
	Plants []Plant
}

// Plant is one way to create a condition.
type Plant struct {
	Model string
	GPU   string
	GPUs  int // per replica; 0 means 1
	Flags []string
	// Load is the rate over what the model of the simulator takes for saturation
	// with these flags; Rate, when set, is the rate itself, a second and replica.
	Load, Rate float64
	Prompt     serving.Lengths
	Output     serving.Lengths
	// Shared is the part of each prompt in common with others of its group.
	Shared float64
	Groups int
	// AsksFor is what clients allow as answer over what comes; 0 means 1.
	AsksFor float64

	Replicas int
	// Skew is the first replica's part of the traffic; 0: an even split.
	Skew float64
	// Fails is the part of the requests that a fault answers with 500.
	Fails float64
	SLOs  []serving.Objective
	// Slower is the host's time for a step over the model's; 0 means 1. The rules
	// consult the model and do not know it.
	Slower float64
	// Known says that the owner stated the workload's shape, its sharing above all.
	Known bool
}

// Case is one simulated fleet with what is expected of it.
type Case struct {
	Condition Condition
	Plant     Plant
	Name      string
	// HeldOut cases were drawn from the seed, not picked by hand.
	HeldOut bool
	Seed    uint64
}
