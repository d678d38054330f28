package provision

import "github.com/optiinfra/performance-agent/internal/serving"

// State is how far a variant is, in a receiver's words.
type State string

// The states of a variant at a receiver.
const (
	StateStarting State = "starting" // or changing, or ending
	StateServing  State = "serving"  // exactly as last asked for
	StateFailed   State = "failed"   // will not serve; nothing of it runs
)

// WebhookVariant is a variant as a receiver tells of it.
type WebhookVariant struct {
	Variant   serving.Variant      `json:"variant"`
	State     State                `json:"state"`
	Reason    string               `json:"reason,omitempty"` // why it failed, or what is waited for
	Config    serving.EngineConfig `json:"config"`
	Endpoints []string             `json:"endpoints"` // base URLs of the replicas that serve
}

// WebhookOrder is what a receiver is asked to run.
type WebhookOrder struct {
	Config serving.EngineConfig `json:"config"`
	// CommandLine is the same as the arguments of a process, without an address.
	CommandLine []string         `json:"command_line"`
	Hardware    serving.Hardware `json:"hardware"`
	Replicas    int              `json:"replicas"`
}
