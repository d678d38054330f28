package loadgen

import (
	"errors"
	"io"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Seen is a load as the criteria see it, for tests of the decisions without a
// clock or a server.
type Seen struct {
	Rate       float64
	Planned    int
	Now        float64 // seconds
	Window     float64 // seconds, no warm-up
	Landed     []SeenRequest
	Waiting    []SeenWaiting
	AloftAtEnd int
}

// SeenRequest ended; SeenWaiting did not yet. At is the planned time.
type SeenRequest struct {
	At, TTFT, E2E, Lag float64
	Error              string
}

type SeenWaiting struct {
	At    float64
	First bool
}

func (s Seen) sighting() sighting {
	out := sighting{now: seconds(s.Now), aloftAtEnd: s.AloftAtEnd,
		plan: plan{rate: s.Rate, steady: true, window: seconds(s.Window), shots: make([]shot, s.Planned)}}
	for _, r := range s.Landed {
		q := Request{LagSeconds: r.Lag, Error: r.Error}
		if r.Error == "" {
			q.TTFTSeconds, q.E2ESeconds = serving.Known(r.TTFT), serving.Known(r.E2E)
		}
		out.landed = append(out.landed, landing{at: seconds(r.At), counted: true, Request: q})
	}
	for _, w := range s.Waiting {
		out.waiting = append(out.waiting, waiting{at: seconds(w.At), first: w.First})
	}
	return out
}

// Hopeless, OverSaturated and Breaches are the decisions on what was seen.
func Hopeless(s Seen, objectives ...serving.Objective) (serving.Evidence, bool) {
	return newCriteria(objectives).hopeless(s.sighting())
}

// Saturating is the detector with both growths.
func Saturating(s Seen, objectives ...serving.Objective) (serving.Evidence, bool) {
	return saturating(s.sighting(), newCriteria(objectives))
}

func OverSaturated(s Seen) (serving.Evidence, bool) { return overSaturated(s.sighting()) }

func Breaches(s Seen, forgiveLag bool, objectives ...serving.Objective) []serving.Evidence {
	return newCriteria(objectives).breaches(counted(s.sighting()), forgiveLag)
}

// Good reports whether a request met all objectives by itself.
func Good(r SeenRequest, objectives ...serving.Objective) bool {
	return newCriteria(objectives).good(Seen{Landed: []SeenRequest{r}}.sighting().landed[0].Request)
}

// PlannedRequest is one request of a schedule, with the turns after it.
type PlannedRequest struct {
	Index          int
	At, Think      time.Duration
	Prompt, Output int
	Group          int
	Turns          []PlannedRequest
}

func plannedRequests(shots []shot) (out []PlannedRequest) {
	for _, s := range shots {
		out = append(out, PlannedRequest{Index: s.index, At: s.at, Think: s.think, Prompt: s.prompt, Output: s.output,
			Group: s.group, Turns: plannedRequests(s.rest)})
	}
	return out
}

// Plan is the first n requests of a workload.
func Plan(w serving.Workload, seed uint64, n int) ([]PlannedRequest, error) {
	s, err := newSchedule(w, seed)
	if err != nil {
		return nil, err
	}
	var shots []shot
	for range n {
		shots = append(shots, s.next())
	}
	return plannedRequests(shots), nil
}

// PlanLoad is all requests of an open load and its window.
func PlanLoad(spec serving.LoadSpec) ([]PlannedRequest, time.Duration, error) {
	p, err := New(Options{}).planLoad("http://h", "m", spec)
	return plannedRequests(p.shots), p.window, err
}

// Attained counts the misses of a rule, in the order of the requests.
func Attained(missed []bool, allowed, confidence float64) serving.Attainment {
	return countMisses("rule", missed, allowed, confidence)
}

// Decide is the verdict on counted rules; EarlyConfidence is asked of one before
// the end of a rung.
var Decide = decide

const EarlyConfidence = earlyConfidence

// Isotonic is the fit of shares that never falls; EstimateLimit what a ladder's
// steps say of the limit.
var (
	Isotonic      = isotonic
	EstimateLimit = estimateLimit
)

// StudentT is the 0.975 quantile of Student's t.
var StudentT = studentT

// GapSummary pools the gaps of answers, each a list of gaps. The last gap of an
// answer is taken back when forget is set.
func GapSummary(forget bool, answers ...[]time.Duration) *serving.LatencySummary {
	var pooled pooledGaps
	var g gapCounts
	for _, gaps := range answers {
		g.clear()
		for _, d := range gaps {
			g.add(d)
		}
		if forget {
			g.drop(gaps[len(gaps)-1])
		}
		pooled.add(&g)
	}
	return pooled.summary()
}

// Metered is what the meter read while work was done.
func Metered(work func()) (share, wakeP99 float64) {
	m := startMeter()
	work()
	got := m.read()
	return got.share, got.wakeP99
}

// UpperQuantile is the upper bound of the bucket of a quantile.
var UpperQuantile = upperQuantile

// Allowance is how many of n may miss the q-quantile.
var Allowance = allowance

// Delivered is the tokens that reached the client within a window, for requests
// given as planned time, first and last token (seconds since the planned time)
// and tokens.
func Delivered(from, to float64, requests ...[4]float64) float64 {
	s := sighting{plan: plan{warmup: seconds(from)}}
	for _, r := range requests {
		s.landed = append(s.landed, landing{at: seconds(r[0]), Request: Request{
			TTFTSeconds: serving.Known(r[1]), lastSeconds: r[2], OutputTokens: int(r[3])}})
	}
	return delivered(s, time.Duration(float64(time.Second)*(to-from)))
}

// Read is what the stream reader makes of a body.
type Read struct {
	Prompt, Output int
	Whole          bool
	Firsts         int // calls of onFirst
	Err            error
}

// ReadStream reads a body as an answer is read.
func ReadStream(body io.Reader) Read {
	s := newStream()
	s.reset(body, time.Now(), protocolOf(""), false)
	out := Read{}
	err := s.read(func() { out.Firsts++ })
	t, late := s.finish()
	out.Prompt, out.Output, out.Whole, out.Err = t.prompt, t.output, s.whole, errors.Join(err, late)
	return out
}

// StreamReader reads many bodies with one set of buffers, as a Generator does.
type StreamReader struct{ s *stream }

func NewStreamReader() StreamReader { return StreamReader{newStream()} }

func (r StreamReader) Read(body io.Reader) (tokens int, err error) {
	r.s.reset(body, time.Now(), protocolOf(""), false)
	if err := r.s.read(func() {}); err != nil {
		return 0, err
	}
	t, err := r.s.finish()
	return t.output, err
}

// Invalid is what a generator says of a result.
func Invalid(r serving.LoadResult, o Options, objectives ...serving.Objective) string {
	return New(o).invalid(r, newCriteria(objectives))
}
