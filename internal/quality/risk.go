package quality

import "github.com/optiinfra/performance-agent/internal/serving"

// Gated reports whether a change of the risk class must show its answers: every
// class from numerics on, since a candidate has the greatest of its parts' and
// may hide a change of numerics under it.
func Gated(risk serving.RiskClass) bool { return risk != serving.RiskCheap }
