package loadgen

import (
	"context"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// defaultStep is the length of a step when the spec gives none.
const defaultStep = 20 * time.Second

// longestStep is how many times its least length a step may take to collect
// its least number of requests.
const longestStep = 3

// ladder is one search on one target.
type ladder struct {
	g        *Generator
	urls     []string
	model    string
	spec     serving.LadderSpec
	criteria criteria
	search   *Search
	idle     time.Duration // TTFT of the idle engine, 0 when it did not answer
	result   serving.LadderResult
}

// Ladder searches the highest rate at which the target keeps all objectives.
// progress, which may be nil, is called after every rung, from this goroutine.
// On an error the result holds what was measured before it. It returns
// ctx.Err() as soon as ctx ends, and ErrUnreachable when the reference rung
// could not open one connection.
func (g *Generator) Ladder(ctx context.Context, target, model string, spec serving.LadderSpec,
	progress func(serving.LadderStep)) (serving.LadderResult, error) {
	urls, err := parseTarget(target)
	if err != nil {
		return serving.LadderResult{}, err
	}
	if err := validateLadder(spec); err != nil {
		return serving.LadderResult{}, err
	}
	l := &ladder{g: g, urls: urls, model: model, spec: spec,
		criteria: newCriteria(spec.Objectives), search: NewSearch(spec)}
	defer g.client.CloseIdleConnections()
	began := time.Now()
	err = l.climb(ctx, progress)
	l.result.MaxGood, l.result.MinBad = l.search.MaxGood(), l.search.MinBad()
	l.result.Ended = l.search.Ended()
	l.result.Seconds = time.Since(began).Seconds()
	return l.result, err
}

func (l *ladder) climb(ctx context.Context, progress func(serving.LadderStep)) error {
	l.idle = l.probe(ctx)
	for {
		rate, ok := l.search.Next()
		if !ok {
			return nil
		}
		step, err := l.rung(ctx, rate)
		if err != nil {
			return err
		}
		l.record(rate, step)
		if progress != nil {
			progress(step)
		}
		if len(l.result.Steps) == 1 && unreachable(step.Load) {
			return fmt.Errorf("%s: %w", l.urls[0], ErrUnreachable)
		}
		if step.Load.Abandoned > 0 {
			l.settle(ctx)
		}
	}
}

func (l *ladder) record(rate float64, step serving.LadderStep) {
	l.search.Record(rate, step.Verdict)
	l.result.Steps = append(l.result.Steps, step)
	if rate == l.spec.Base.Workload.RatePerSecond {
		l.result.Reference = step.Load
	}
	if step.Verdict == serving.RungPass && rate >= l.result.Best.RatePerSecond {
		l.result.Best = step.Load
	}
}

// rung measures one rate. All rungs have the same lengths and the same pattern
// of arrivals, compressed to their rate, and the same shared prefixes; the rest
// of their prompts differs, so that no rung warms the cache for the next.
func (l *ladder) rung(ctx context.Context, rate float64) (serving.LadderStep, error) {
	w := l.spec.Base.Workload
	w.RatePerSecond = rate
	schedule, err := newSchedule(w, l.spec.Base.Seed)
	if err != nil {
		return serving.LadderStep{}, err
	}
	p := plan{urls: l.urls, warmup: l.warmup(), rate: rate, timeout: l.g.requestTimeout(l.spec.Base), seed: l.spec.Base.Seed,
		prompts: newPrompts(l.model, w, l.spec.Base.Seed, mix(l.spec.Base.Seed, uint64(len(l.result.Steps))))}
	p.shots, p.window = take(schedule, p.warmup, l.enough)
	seen, err := l.g.run(ctx, p, l.watch)
	if err != nil {
		return serving.LadderStep{}, err
	}
	return l.judge(seen), nil
}

// enough ends the plan of a rung: its least length with its least number of
// requests, or the greatest length.
func (l *ladder) enough(since time.Duration, counted int) bool {
	step := l.stepLength()
	return since >= step && counted >= l.spec.MinRequests ||
		since >= longestStep*step ||
		l.spec.Base.MaxRequests > 0 && counted >= l.spec.Base.MaxRequests
}

func (l *ladder) stepLength() time.Duration {
	if l.spec.StepSeconds <= 0 {
		return defaultStep
	}
	return seconds(l.spec.StepSeconds)
}

// warmup is how long a rung runs before it counts. The first one warms the
// engine; the later ones only have to fill the batch, which takes about as long
// as one request lives.
func (l *ladder) warmup() time.Duration {
	given := seconds(l.spec.Base.WarmupSeconds)
	life := seconds(l.result.Best.E2E.P95Seconds)
	if len(l.result.Steps) == 0 {
		return given
	}
	if life == 0 { // nothing has passed yet
		life = given
	}
	return min(life, l.stepLength())
}

// watch says during a rung whether it is lost: an objective cannot be kept any
// more, or the engine falls ever further behind.
func (l *ladder) watch(s sighting) (serving.Evidence, bool) {
	if why, lost := l.criteria.hopeless(s); lost {
		return why, true
	}
	if s.now < s.plan.warmup+s.plan.window/2 {
		return serving.Evidence{}, false
	}
	return overSaturated(s)
}

// judge is the verdict on a rung. A lagging generator makes latencies look
// worse than they are, so an invalid rung still fails when it breaks the
// objectives with the lag taken off.
func (l *ladder) judge(s sighting) serving.LadderStep {
	requests := counted(s)
	step := serving.LadderStep{Load: l.g.summarise(s, l.criteria), Verdict: serving.RungPass}
	step.Breaches = l.criteria.breaches(requests, false)
	why := s.lost
	if saturated, yes := overSaturated(s); why == nil && yes {
		why = &saturated
	}
	if why != nil {
		step.Breaches = append(step.Breaches, *why)
	}
	failed := len(step.Breaches) > 0
	if step.Load.Invalid != "" {
		failed = why != nil || len(l.criteria.breaches(requests, true)) > 0
		step.Verdict = serving.RungInvalid
	}
	if failed && step.Load.ErrorKinds[KindGenerator] == 0 {
		step.Verdict = serving.RungFail
	}
	return step
}

func validateLadder(spec serving.LadderSpec) error {
	if err := validateWorkload(spec.Base.Workload); err != nil {
		return err
	}
	for _, o := range spec.Objectives {
		if err := o.Validate(); err != nil {
			return fmt.Errorf("objective %q: %w: %w", o.Name, err, serving.ErrPermanent)
		}
	}
	return nil
}
