package serving

import "time"

// Membership is how this agent stands with its orchestrator.
type Membership struct {
	URL          string   `json:"url"` // the orchestrator's
	Registered   bool     `json:"registered"`
	AgentID      string   `json:"agent_id,omitempty"` // given by the orchestrator
	Capabilities []string `json:"capabilities"`
	// HeartbeatSeconds is the distance that the orchestrator asked for.
	HeartbeatSeconds float64    `json:"heartbeat_interval_seconds,omitempty"`
	RegisteredAt     *time.Time `json:"registered_at,omitempty"`
	LastHeartbeatAt  *time.Time `json:"last_heartbeat_at,omitempty"` // the last that was taken
	// Registrations counts how often it registered: more than one means that the
	// orchestrator forgot it.
	Registrations int `json:"registrations"`
	// LastError is why the last call failed; "" after one that did not.
	LastError string `json:"last_error,omitempty"`
}
