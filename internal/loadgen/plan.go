package loadgen

import (
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// plan is a load that is ready to be sent.
type plan struct {
	urls     []string // taken in turn
	protocol protocol
	shots    []shot
	users    *users // of a closed loop, which has no shots
	prompts  prompts
	warmup   time.Duration // shots before it are sent and not counted
	window   time.Duration // measured, after the warm-up; 0: until the users are done
	rate     float64       // planned, requests a second; 0: whatever comes
	steady   bool          // the rate stays the same and does not depend on answers
	timeout  time.Duration // of one request, from its planned time
	seed     uint64        // of the bounds in the result
}

// planLoad plans a load of any profile.
func (g *Generator) planLoad(target, model string, spec serving.LoadSpec) (plan, error) {
	if err := spec.Validate(); err != nil {
		return plan{}, fmt.Errorf("%w: %w", err, serving.ErrPermanent)
	}
	spoken := protocolOf(spec.Protocol)
	urls, err := parseTarget(target, spoken.path)
	if err != nil {
		return plan{}, err
	}
	p := plan{urls: urls, protocol: spoken, warmup: seconds(spec.WarmupSeconds), rate: spec.Workload.RatePerSecond,
		timeout: g.requestTimeout(spec), seed: spec.Seed,
		prompts: newPrompts(spoken, model, spec.Workload, spec.Seed, textSeed(spec))}
	switch spec.Profile {
	case serving.ProfileTrace:
		return replayed(p, spec)
	case serving.ProfileClosed:
		return closed(p, spec)
	}
	p.shots, p.window, err = planSteady(spec)
	p.steady = spec.Profile != serving.ProfileRamp && spec.Workload.Sessions == nil
	if spec.Profile == serving.ProfileRamp {
		p.rate = (spec.Workload.RatePerSecond + spec.RampToRate) / 2
	}
	return p, err
}

func replayed(p plan, spec serving.LoadSpec) (plan, error) {
	p.shots, p.window = planReplay(spec)
	if p.window <= 0 {
		return plan{}, fmt.Errorf("trace: no request after the warm-up: %w", serving.ErrPermanent)
	}
	p.rate = float64(countedShots(p.shots, p.warmup)) / p.window.Seconds()
	return p, nil
}

// planSteady plans an open load of a fixed length: the warm-up, then the
// measured window, which ends early when MaxRequests were planned in it.
func planSteady(spec serving.LoadSpec) ([]shot, time.Duration, error) {
	if spec.DurationSeconds <= 0 && spec.MaxRequests <= 0 {
		return nil, 0, fmt.Errorf("duration_seconds: must be positive when max_requests is not given: %w", serving.ErrPermanent)
	}
	s, err := newSchedule(spec.Workload, spec.Seed)
	if err != nil {
		return nil, 0, err
	}
	if spec.Profile == serving.ProfileRamp {
		s.pace = rampPace(spec.Workload.RatePerSecond, spec.RampToRate, spec.WarmupSeconds, spec.DurationSeconds)
	}
	shots, window := take(s, seconds(spec.WarmupSeconds), func(at time.Duration, counted int) bool {
		return spec.DurationSeconds > 0 && at >= seconds(spec.DurationSeconds) ||
			spec.MaxRequests > 0 && counted >= spec.MaxRequests
	})
	return shots, min(window, orForever(spec.DurationSeconds)), nil
}
