package loadgen

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// leastLagLimit is about what the timers and the scheduler of a busy host do
	// to a generator that is otherwise fine.
	leastLagLimit = 20 * time.Millisecond
	// lagShare of the tightest latency objective: less than this the lag cannot
	// turn a verdict.
	lagShare = 0.1
	// deliveredShare of the planned rate must have left: less is another load.
	deliveredShare = 0.95
)

// summarise turns what was seen of a load into its result.
func (g *Generator) summarise(s sighting, c criteria) serving.LoadResult {
	requests := counted(s)
	window := windowOf(s)
	r := serving.LoadResult{
		RatePerSecond:         s.plan.rate,
		SentPerSecond:         sentRate(s, window),
		DurationSeconds:       window.Seconds(),
		Requests:              len(requests),
		OutputTokensPerSecond: delivered(s, window) / window.Seconds(),
	}
	var lags []float64
	for _, q := range requests {
		lags = append(lags, q.LagSeconds)
		if q.Whole() {
			r.MeanPromptTokens += float64(q.PromptTokens)
			r.MeanOutputTokens += float64(q.OutputTokens)
		}
		if c.good(q) {
			r.Good++
		}
		if q.Error != "" {
			if r.ErrorKinds == nil {
				r.ErrorKinds = map[string]int{}
			}
			r.ErrorKinds[q.Error]++
		}
	}
	r.Abandoned = r.ErrorKinds[KindAbandoned]
	r.Errors = countErrors(requests)
	if whole := float64(len(requests) - r.Errors - r.Abandoned); whole > 0 {
		r.MeanPromptTokens /= whole
		r.MeanOutputTokens /= whole
	}
	r.GoodputRPS = float64(r.Good) / window.Seconds()
	r.TTFT = judge.Summarise(samples(requests, serving.MetricTTFT))
	r.ITL = judge.Summarise(samples(requests, serving.MetricITL))
	r.E2E = judge.Summarise(samples(requests, serving.MetricE2E))
	if len(lags) > 0 {
		r.LagP99Seconds = judge.NewSample(lags).Quantile(0.99)
	}
	r.TokenGaps, r.CPUShare, r.WakeP99Seconds = s.gaps, s.meter.share, s.meter.wakeP99
	if u := s.plan.users; u != nil {
		r.Concurrency, r.RatePerSecond = u.number, r.SentPerSecond
	}
	if why := cmp.Or(s.lost, s.enough); why != nil {
		r.Stopped = why.Text
	}
	r.Invalid = g.invalid(r, c)
	return r
}

// invalid says why a result tells nothing about the engine, "" when it does.
func (g *Generator) invalid(r serving.LoadResult, c criteria) string {
	if r.Requests == 0 {
		return "no request fell within the measured window"
	}
	if n := r.ErrorKinds[KindGenerator]; n > 0 {
		return fmt.Sprintf("%d requests could not be sent by this host (descriptors or ports used up)", n)
	}
	if limit := g.lagLimit(c); r.LagP99Seconds > limit.Seconds() {
		return fmt.Sprintf("the generator sent late: lag p99 is %.0f ms, the limit %.0f ms",
			r.LagP99Seconds*1e3, limit.Seconds()*1e3)
	}
	if limit := g.lagLimit(c); r.WakeP99Seconds > limit.Seconds() {
		return fmt.Sprintf("the generator is short of processors (it used %.0f%% of its own): what it had to do waited %.0f ms at p99, the limit is %.0f ms",
			r.CPUShare*100, r.WakeP99Seconds*1e3, limit.Seconds()*1e3)
	}
	return g.undelivered(r, c)
}

// undelivered reports a load that took longer to send than it was planned for.
func (g *Generator) undelivered(r serving.LoadResult, c criteria) string {
	planned := float64(r.Requests) / r.DurationSeconds
	took := float64(r.Requests) / max(r.SentPerSecond, math.SmallestNonzeroFloat64)
	if r.SentPerSecond < deliveredShare*planned && took-r.DurationSeconds > g.lagLimit(c).Seconds() {
		return fmt.Sprintf("the generator delivered %.4g requests/s of the %.4g/s planned", r.SentPerSecond, planned)
	}
	return ""
}

func (g *Generator) lagLimit(c criteria) time.Duration {
	if g.maxLag > 0 {
		return g.maxLag
	}
	tightest := time.Duration(0)
	for _, o := range c.latency {
		if t := seconds(o.Threshold); o.Metric != serving.MetricITL && (tightest == 0 || t < tightest) {
			tightest = t
		}
	}
	return max(leastLagLimit, time.Duration(lagShare*float64(tightest)))
}

// counted returns the requests of the window in the order of their planned
// times, from which a summary estimates the dependence between neighbours.
func counted(s sighting) []Request {
	landed := slices.SortedStableFunc(slices.Values(s.landed), func(a, b landing) int { return cmp.Compare(a.at, b.at) })
	out := make([]Request, 0, len(landed))
	for _, l := range landed {
		if l.counted {
			out = append(out, l.Request)
		}
	}
	return out
}

// closeWindow ends the window of a load that had no length with its last answer.
func (s *sighting) closeWindow() {
	if s.plan.window > 0 {
		return
	}
	for _, l := range s.landed {
		end := l.at + seconds(max(l.lastSeconds, l.E2ESeconds.Or(0)))
		s.plan.window = max(s.plan.window, end-s.plan.warmup)
	}
}

// windowOf is the measured time: the planned window, or what there was of it
// when the load ended early. It is never 0, so that rates are numbers.
func windowOf(s sighting) time.Duration {
	window := s.plan.window
	if s.lost != nil {
		window = min(window, s.lostAt-s.plan.warmup)
	}
	if s.enough != nil {
		window = min(window, s.enoughAt-s.plan.warmup)
	}
	return max(window, time.Millisecond)
}

// sentRate is what left in fact: a generator that fell behind took longer than
// the window for the same requests.
func sentRate(s sighting, window time.Duration) float64 {
	n, last := 0, window
	for _, l := range s.landed {
		if l.counted {
			n++
			last = max(last, l.at+seconds(l.LagSeconds)-s.plan.warmup)
		}
	}
	return float64(n) / last.Seconds()
}

// delivered is how many tokens arrived within the window, those of warm-up
// requests included and those after its end not: the throughput of a steady
// state, which neither the filling nor the draining of the engine biases. The
// tokens of a request are taken as evenly spread from its first to its last.
func delivered(s sighting, window time.Duration) float64 {
	from, to := s.plan.warmup.Seconds(), (s.plan.warmup + window).Seconds()
	total := 0.0
	for _, l := range s.landed {
		ttft, ok := l.TTFTSeconds.Get()
		if !ok || l.OutputTokens == 0 || l.lastSeconds == 0 {
			continue
		}
		first, last := l.at.Seconds()+ttft, l.at.Seconds()+l.lastSeconds
		share := 0.0
		switch inside := min(last, to) - max(first, from); {
		case last > first:
			share = max(0, inside) / (last - first)
		case first >= from && first < to:
			share = 1
		}
		total += share * float64(l.OutputTokens)
	}
	return total
}

// samples are the latencies of whole answers, and of abandoned requests the
// time they had waited.
func samples(requests []Request, m serving.Metric) []float64 {
	var out []float64
	for _, r := range requests {
		if v, ok := latencyOf(r, m).Get(); ok && (r.Whole() || r.Error == KindAbandoned) {
			out = append(out, v)
		}
	}
	return out
}
