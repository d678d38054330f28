package summary

// Row is one figure.
type Row struct {
	Part   string `json:"part"`
	What   string `json:"what"`
	Figure string `json:"figure"`
	Goal   string `json:"goal,omitempty"` // "" where none was set beforehand
	Peer   string `json:"peer,omitempty"` // of the same run
	Method string `json:"method"`
	// Outcome is met or missed, "" without a goal.
	Outcome string `json:"outcome,omitempty"`
	// Simulated says that engines were simulated.
	Simulated bool `json:"simulated"`
	// Claim is the target of the mission that the figure answers, "" for others.
	Claim string `json:"claim,omitempty"`
}

// judged gives a row its goal and whether it was met.
func (r Row) judged(goal string, met bool) Row {
	r.Goal, r.Outcome = goal, "missed"
	if met {
		r.Outcome = "met"
	}
	return r
}

// of says which target of the mission the row answers.
func (r Row) of(claim string) Row {
	r.Claim = claim
	return r
}

// Targets are those of the mission, in the order of the table of claims. One that no
// part answered yet is in the table all the same.
func Targets() []string {
	return []string{throughput, generated, insight, detected, restored, lost, apiLatency, compliance}
}

// Targets, and so the claims of rows.
const (
	throughput = "3x throughput or 66% lower latency from a badly tuned start"
	generated  = "optimization generated in under 5 minutes"
	insight    = "insight in under 30 s"
	detected   = "violation detected in under 30 s"
	restored   = "rollback in under 2 minutes"
	lost       = "no user request lost"
	apiLatency = "API p95 under 200 ms"
	compliance = "SLO compliance above 99.9% while optimizing"
)

// commands print what answers a target that nothing measured yet.
func commands() map[string]string {
	return map[string]string{throughput: "run", generated: "run", lost: "run", compliance: "run", insight: "advisor",
		detected: "detection", restored: "detection", apiLatency: "api"}
}
