package serving

import "fmt"

// Without a limit of the fleet's own a candidate may take coldStartFactor times
// as long to start as the present configuration, and always coldStartFloor
// seconds: below that no autoscaler or node failure is hurt by it.
const (
	coldStartFactor = 3
	coldStartFloor  = 300.0
)

// ColdStart is how long an engine took from its launch until it served, held to
// what is tolerated. A fleet that starts slowly scales up late and comes back
// late after a failure, whatever its throughput.
type ColdStart struct {
	Seconds float64 `json:"seconds"`
	// BaselineSeconds is what the present configuration took and LimitSeconds what
	// is tolerated; unknown means that nobody has measured or set it.
	BaselineSeconds Measure `json:"baseline_seconds"`
	LimitSeconds    Measure `json:"limit_seconds"`
	Verdict         Verdict `json:"verdict"`
	Reason          string  `json:"reason"` // one sentence with the numbers
}

// JudgeColdStart holds a cold start to the policy's limit or, without one, to
// that of the present configuration. Without either there is nothing to hold it
// to, which is insufficient data and no failure.
func JudgeColdStart(p Policy, seconds float64, baseline Measure) ColdStart {
	c := ColdStart{Seconds: seconds, BaselineSeconds: baseline, Verdict: VerdictPass}
	present, known := baseline.Get()
	why := "the limit of the fleet's policy"
	switch {
	case p.MaxReadySeconds > 0:
		c.LimitSeconds = Known(p.MaxReadySeconds)
	case known:
		c.LimitSeconds = Known(max(coldStartFloor, coldStartFactor*present))
		why = fmt.Sprintf("the greater of %.0f s and %d times the %.1f s of the present configuration", coldStartFloor, coldStartFactor, present)
	default:
		c.Verdict = VerdictInsufficientData
		c.Reason = fmt.Sprintf("cold start took %.1f s; nobody has measured that of the present configuration or set max_ready_seconds", seconds)
		return c
	}
	limit := c.LimitSeconds.Or(0)
	c.Reason = fmt.Sprintf("cold start took %.1f s, allowed are %.1f s: %s", seconds, limit, why)
	if seconds > limit {
		c.Verdict = VerdictFail
	}
	return c
}
