package loadgen

import (
	"context"
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// once measures the load of the spec with its own profile, as the only rung.
func (l *ladder) once(ctx context.Context, progress func(serving.LadderStep)) error {
	p, err := l.g.planLoad(l.target, l.model, l.spec.Base)
	if err != nil {
		return err
	}
	seen, err := l.g.measureOnce(ctx, p, stopRules(l.spec.Base.Stop, l.criteria))
	if err != nil {
		return err
	}
	step := l.judge(seen)
	l.record(step.Load.RatePerSecond, step)
	l.search.ended = "one load was measured"
	if progress != nil {
		progress(step)
	}
	if unreachable(step.Load) {
		return fmt.Errorf("%s: %w", l.urls[0], ErrUnreachable)
	}
	return nil
}

// watch says during a rung what is to become of it. It is lost when an objective
// cannot be kept any more, the engine falls ever further behind, or a stop rule
// says so. Where there may be doubt it ends as soon as there is none: as failed
// after half of its least length, which a passing stall does not fill, as passed
// after its least length, since a queue takes time to be seen. The waits of sessions grow with their
// histories, which is no backlog.
func (l *ladder) watch(s sighting) (ruling, serving.Evidence) {
	if why, hopeless := l.criteria.hopeless(s); hopeless {
		return lost, why
	}
	if stop := stopRules(l.spec.Base.Stop, l.criteria); stop != nil {
		if rule, why := stop(s); rule != goOn {
			return rule, why
		}
	}
	passed, step := s.now-s.plan.warmup, min(l.stepLength(), s.plan.window)
	if l.spec.Confidence == 0 {
		step = s.plan.window
	}
	if passed < step/2 {
		return goOn, serving.Evidence{}
	}
	if why, saturated := overSaturated(s); saturated && s.plan.steady {
		return lost, why
	}
	if l.spec.Confidence == 0 {
		return goOn, serving.Evidence{}
	}
	return l.decided(s, passed >= step)
}

// decided reports a rung whose verdict is beyond doubt already.
func (l *ladder) decided(s sighting, mayPass bool) (ruling, serving.Evidence) {
	requests := counted(s)
	if len(requests) < l.spec.MinRequests {
		return goOn, serving.Evidence{}
	}
	list := l.criteria.attained(requests, true, earlyConfidence)
	switch verdict := decide(list); {
	case verdict == serving.RungFail:
		i := slices.IndexFunc(list, func(a serving.Attainment) bool { return a.Low > a.Allowed })
		return lost, doubtless(list[i])
	case verdict == serving.RungPass && mayPass:
		return enough, serving.Evidence{Name: ruleAll, Observed: float64(len(requests)),
			Text: fmt.Sprintf("decided after %d requests", len(requests))}
	}
	return goOn, serving.Evidence{}
}

func doubtless(a serving.Attainment) serving.Evidence {
	return serving.Evidence{Name: a.Name, Observed: float64(a.Missed) / float64(a.Requests), Threshold: a.Allowed,
		Text: fmt.Sprintf("%d of %d requests missed it, at least %.2g%% do where %.2g%% may", a.Missed, a.Requests, a.Low*100, a.Allowed*100)}
}

// judge is the verdict on a rung. A lagging generator makes latencies look
// worse than they are, so an invalid rung still fails when it breaks the
// objectives with the lag taken off.
func (l *ladder) judge(s sighting) serving.LadderStep {
	requests := counted(s)
	confidence := l.spec.Confidence
	if confidence == 0 {
		confidence = defaultConfidence
	}
	step := serving.LadderStep{Load: l.g.summarise(s, l.criteria), Verdict: serving.RungPass,
		Attained: l.criteria.attained(requests, false, confidence)}
	step.Breaches = l.criteria.breaches(requests, false)
	why := s.lost
	if saturated, yes := overSaturated(s); why == nil && yes && s.plan.steady {
		why = &saturated
	}
	if why != nil {
		step.Breaches = append(step.Breaches, *why)
	}
	step.Verdict = l.verdict(step, requests, why != nil)
	return step
}

func (l *ladder) verdict(step serving.LadderStep, requests []Request, lost bool) serving.Outcome3 {
	invalid := step.Load.Invalid != ""
	verdict := l.byObjectives(requests, invalid, step)
	switch {
	case step.Load.ErrorKinds[KindGenerator] > 0:
		return serving.RungInvalid
	case lost || verdict == serving.RungFail:
		return serving.RungFail
	case invalid:
		return serving.RungInvalid
	}
	return verdict
}

// byObjectives compares the requests with the objectives, as measured or beyond
// doubt.
func (l *ladder) byObjectives(requests []Request, forgiveLag bool, step serving.LadderStep) serving.Outcome3 {
	breaches := step.Breaches
	if forgiveLag {
		breaches = l.criteria.breaches(requests, true)
	}
	if l.spec.Confidence > 0 {
		list := step.Attained
		if forgiveLag {
			list = l.criteria.attained(requests, true, l.spec.Confidence)
		}
		errors := func(e serving.Evidence) bool { return e.Name == ruleErrors }
		if !l.criteria.errorsGiven && slices.ContainsFunc(breaches, errors) {
			return serving.RungFail // the default allowance is no objective with an interval
		}
		return decide(list)
	}
	if len(breaches) > 0 {
		return serving.RungFail
	}
	return serving.RungPass
}
