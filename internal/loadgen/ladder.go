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
	target   string
	urls     []string
	protocol protocol
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
	if err := spec.Validate(); err != nil {
		return serving.LadderResult{}, fmt.Errorf("%w: %w", err, serving.ErrPermanent)
	}
	spoken := protocolOf(spec.Base.Protocol)
	urls, err := parseTarget(target, spoken.path)
	if err != nil {
		return serving.LadderResult{}, err
	}
	l := &ladder{g: g, target: target, urls: urls, protocol: spoken, model: model, spec: spec,
		criteria: newCriteria(spec.Objectives), search: NewSearch(spec)}
	l.criteria.attainment = spec.Attainment
	defer g.client.CloseIdleConnections()
	began := time.Now()
	if spec.Search == serving.SearchOnce {
		err = l.once(ctx, progress)
	} else {
		err = l.climb(ctx, progress)
	}
	l.result.MaxGood, l.result.MinBad = l.search.MaxGood(), l.search.MinBad()
	l.result.Ended = l.search.Ended()
	l.result.Seconds = time.Since(began).Seconds()
	if at, low, high, ok := estimateLimit(l.result.Steps, spec.Base.Seed); ok {
		l.result.Limit, l.result.LimitLow, l.result.LimitHigh = at, low, high
	}
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
	if rate == l.spec.Base.Workload.RatePerSecond || len(l.result.Steps) == 1 {
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
	seed := l.spec.Base.Seed
	p := plan{urls: l.urls, protocol: l.protocol, warmup: l.warmup(), rate: rate, steady: w.Sessions == nil,
		timeout: l.g.requestTimeout(l.spec.Base), seed: seed,
		prompts: newPrompts(l.protocol, l.model, w, seed, mix(textSeed(l.spec.Base), uint64(len(l.result.Steps))))}
	p.shots, p.window = take(schedule, p.warmup, l.enough)
	seen, err := l.g.run(ctx, p, l.watch)
	if err != nil {
		return serving.LadderStep{}, err
	}
	return l.judge(seen), nil
}

// enough ends the plan of a rung: its least length with its least number of
// requests, or the greatest length. Where there may be doubt it is planned for
// the greatest, and ends when there is none (watch).
func (l *ladder) enough(since time.Duration, counted int) bool {
	step := l.stepLength()
	return l.spec.Confidence == 0 && since >= step && counted >= l.spec.MinRequests ||
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
