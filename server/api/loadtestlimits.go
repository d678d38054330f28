package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Limits of a load test: they keep a typing error from becoming an attack or from
// running for days.
const (
	maxLoadRate    = 10000
	maxStep        = 600
	maxSteps       = 50
	maxLoadSeconds = 3600
)

// traceSource is that of a workload which a trace describes.
const traceSource = "trace"

// readTrace turns the CSV of a request into the trace of its spec, or, where the
// workload's source is "trace", into the workload that the trace describes; a rate
// and a shared prefix that were given stay.
func (in *LoadTestInput) readTrace() error {
	base := &in.Spec.Base
	switch {
	case in.TraceCSV == "":
		return nil
	case base.Profile != serving.ProfileTrace && base.Workload.Source != traceSource:
		return invalid("body.trace_csv", "has no meaning here", "set spec.base.profile to trace (with spec.search once), or spec.base.workload.source to trace")
	case len(base.Trace) > 0:
		return invalid("body.trace_csv", "is given beside spec.base.trace", "give one of the two")
	}
	trace, err := serving.ReadTrace(strings.NewReader(in.TraceCSV))
	if err != nil {
		return invalid("body.trace_csv", err.Error(), "give a header and rows of timestamp, prompt tokens, output tokens")
	}
	if base.Profile == serving.ProfileTrace {
		base.Trace = trace
		return nil
	}
	described := trace.Workload()
	base.Workload.PromptTokens, base.Workload.OutputTokens = described.PromptTokens, described.OutputTokens
	if base.Workload.RatePerSecond == 0 {
		base.Workload.RatePerSecond = described.RatePerSecond
	}
	return nil
}

func (s *Server) checkLoadTest(ctx context.Context, in LoadTestInput) error {
	if in.Target != "" {
		if message, fix := s.guard.check(ctx, in.Target); message != "" {
			return invalid("body.target", message, fix)
		}
	}
	spec := in.Spec
	limits := searchLimits
	if spec.Search == serving.SearchOnce {
		limits = onceLimits
	}
	if err := limits(spec); err != nil {
		return err
	}
	if err := spec.Validate(); err != nil {
		return invalidField("body.spec", err)
	}
	return checkObjectives("body.spec.objectives", spec.Objectives)
}

func searchLimits(spec serving.LadderSpec) error {
	switch {
	case spec.StepSeconds <= 0 || spec.StepSeconds > maxStep:
		return invalid("body.spec.step_seconds", "must be above 0 and at most 600", "30 is a good length")
	case spec.MaxRate <= 0 || spec.MaxRate > maxLoadRate:
		return invalid("body.spec.max_rate", "must be above 0 and at most 10000", "give the rate never to go beyond, in requests per second")
	case spec.MaxSteps < 1 || spec.MaxSteps > maxSteps:
		return invalid("body.spec.max_steps", "must be within 1..50", "10 is enough for a resolution of 0.1")
	}
	for _, r := range spec.Rates {
		if r > spec.MaxRate {
			return invalid("body.spec.rates", fmt.Sprintf("%g is beyond max_rate, %g", r, spec.MaxRate), "raise max_rate or leave the rate out")
		}
	}
	return nil
}

func onceLimits(spec serving.LadderSpec) error {
	base := spec.Base
	switch {
	case base.Profile != serving.ProfileTrace && !(base.DurationSeconds > 0 && base.DurationSeconds <= maxLoadSeconds):
		return invalid("body.spec.base.duration_seconds", "must be above 0 and at most 3600", "60 is a good length")
	case base.LongestSeconds() > 2*maxLoadSeconds:
		return invalid("body.spec.base.speedup", fmt.Sprintf("the load would take %.0f s", base.LongestSeconds()), "replay a part of the trace or speed it up")
	case base.Workload.RatePerSecond > maxLoadRate:
		return invalid("body.spec.base.workload.rate_per_second", "must be at most 10000", "give the requests per second")
	case base.RampToRate > maxLoadRate:
		return invalid("body.spec.base.ramp_to_rate", "must be at most 10000", "give the rate at the end of the ramp")
	}
	return nil
}
