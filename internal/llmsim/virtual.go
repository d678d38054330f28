package llmsim

import (
	"errors"
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// ErrRejected marks a request that the engine would always answer with an error.
var ErrRejected = errors.New("request does not fit the engine")

// Arrival is one request of a run. AtSeconds is ignored in a closed loop.
type Arrival struct {
	AtSeconds float64
	Prompt    []sched.Token
	Output    int // tokens
	// MaxTokens is what the client asks for; 0: exactly Output.
	MaxTokens int
}

// maxTokens is what the client asks for.
func (a Arrival) maxTokens() int { return max(a.MaxTokens, a.Output) }

// reason is the finish reason: an answer shorter than what was asked for ended
// by itself.
func (a Arrival) reason() string {
	if a.Output < a.maxTokens() {
		return "stop"
	}
	return "length"
}

// Outcome is what the user of one request saw.
type Outcome struct {
	ArrivedSeconds float64
	TTFTSeconds    float64
	E2ESeconds     float64
	QueueSeconds   float64   // in the scheduler, before the first admission
	GapSeconds     []float64 // between tokens; one fewer than tokens
	PromptTokens   int
	CachedTokens   int
	OutputTokens   int
	Preemptions    int
	// Overloaded requests were refused because the engine had too many; all else
	// is then 0, except ArrivedSeconds and PromptTokens.
	Overloaded bool
}

// TPOTSeconds is the mean time of an output token after the first; 0 for an
// answer of one token.
func (o Outcome) TPOTSeconds() float64 {
	if o.OutputTokens < 2 {
		return 0
	}
	return (o.E2ESeconds - o.TTFTSeconds) / float64(o.OutputTokens-1)
}

// Run is the result of a virtual run, outcomes in the order of the arrivals.
type Run struct {
	Outcomes []Outcome
	Seconds  float64 // from the first arrival to the last token
	Steps    int
	Final    sched.Stats
}

// OutputTokensPerSecond is the throughput over the whole run.
func (r Run) OutputTokensPerSecond() float64 {
	tokens := 0
	for _, o := range r.Outcomes {
		tokens += o.OutputTokens
	}
	if r.Seconds == 0 {
		return 0
	}
	return float64(tokens) / r.Seconds
}

// Open runs the arrivals at their times, whatever the engine does, until the
// last has ended. The core must be idle and is not to be used again.
func Open(c *Core, arrivals []Arrival, watches ...Watch) (Run, error) {
	v := newVirtual(c, arrivals, watches)
	for i := range arrivals {
		v.submit(i, arrivals[i].AtSeconds)
	}
	return v.run(func(float64) {})
}

// Closed keeps the given number of clients busy: each sends its next request
// when its last one has ended. The core must be idle and is not to be used again.
func Closed(c *Core, clients int, arrivals []Arrival, watches ...Watch) (Run, error) {
	if clients < 1 {
		return Run{}, fmt.Errorf("a closed loop needs at least one client, not %d", clients)
	}
	v := newVirtual(c, arrivals, watches)
	next := 0
	send := func(now float64) {
		if next < len(arrivals) {
			v.submit(next, now)
			next++
		}
	}
	for range clients {
		send(0)
	}
	return v.run(send)
}

// virtual drives a core through virtual time.
type virtual struct {
	core     *Core
	arrivals []Arrival
	requests []*sched.Request
	index    map[*sched.Request]int
	watches  []watched
	result   Run
}

func newVirtual(c *Core, arrivals []Arrival, watches []Watch) *virtual {
	v := &virtual{
		core: c, arrivals: arrivals,
		requests: make([]*sched.Request, len(arrivals)),
		index:    make(map[*sched.Request]int, len(arrivals)),
		result:   Run{Outcomes: make([]Outcome, len(arrivals))},
	}
	for _, w := range watches {
		v.watches = append(v.watches, watched{Watch: w})
	}
	return v
}

func (v *virtual) submit(i int, at float64) {
	a := v.arrivals[i]
	r := &sched.Request{Prompt: a.Prompt, Output: a.Output, MaxTokens: a.MaxTokens, Times: sched.Times{Arrived: at}}
	v.requests[i], v.index[r] = r, i
	v.result.Outcomes[i].GapSeconds = make([]float64, 0, max(a.Output-1, 0))
	v.core.Submit(r)
}

// run steps the core until nothing is left. onEnd is called with the time at
// which a request has ended.
func (v *virtual) run(onEnd func(now float64)) (Run, error) {
	now := 0.0
	for {
		seconds, rejected, ok := v.core.Begin(now)
		if err := v.refused(rejected); err != nil {
			return Run{}, err
		}
		for range rejected {
			onEnd(now)
		}
		if !ok {
			v.observe(nil)
			at, more := v.core.NextQueued()
			if !more {
				break
			}
			v.pass(at)
			now = at
			continue
		}
		v.pass(now + seconds)
		now += seconds
		v.result.Steps++
		tokens := v.core.Finish(now)
		for _, e := range tokens {
			v.note(e)
			if e.Last {
				onEnd(now)
			}
		}
		v.observe(tokens)
		if v.decided() {
			break
		}
	}
	v.conclude(now)
	return v.result, nil
}

// refused notes the requests that the engine had no place for; an error means
// one that it would never have taken.
func (v *virtual) refused(rejected []Rejection) error {
	for _, r := range rejected {
		i := v.index[r.Request]
		if !errors.Is(r.Err, sched.ErrOverloaded) {
			return fmt.Errorf("arrival %d: %w: %w", i, ErrRejected, r.Err)
		}
		v.result.Outcomes[i].Overloaded = true
	}
	return nil
}

// pass lets time go on to now, at which nothing has happened yet.
func (v *virtual) pass(now float64) {
	for i := range v.watches {
		v.watches[i].reach(now)
	}
}

func (v *virtual) observe(tokens []sched.Emission) {
	for _, w := range v.watches {
		if w.Observer != nil {
			w.Observer.Step(v.core.Stats(), tokens)
		}
	}
}

// decided says that a watch has seen enough.
func (v *virtual) decided() bool {
	return slices.ContainsFunc(v.watches, func(w watched) bool { return w.Done != nil && w.Done() })
}

func (v *virtual) note(e sched.Emission) {
	i := v.index[e.Request]
	if e.Index > 0 {
		o := &v.result.Outcomes[i]
		o.GapSeconds = append(o.GapSeconds, e.GapSeconds)
	}
	if !e.Last {
		return
	}
	for _, w := range v.watches {
		if w.Observer != nil {
			w.Observer.Finished(e.Request, v.arrivals[i].reason(), v.arrivals[i].maxTokens())
		}
	}
}

func (v *virtual) conclude(now float64) {
	first := now
	for i, r := range v.requests {
		o, t := &v.result.Outcomes[i], r.Times
		first = min(first, t.Arrived)
		o.ArrivedSeconds, o.PromptTokens = t.Arrived, len(r.Prompt)
		if o.Overloaded {
			o.GapSeconds = nil
			continue
		}
		o.TTFTSeconds, o.E2ESeconds = t.FirstToken-t.Arrived, t.LastToken-t.Arrived
		o.QueueSeconds = t.Scheduled - t.Queued
		o.CachedTokens = r.Cached
		o.OutputTokens, o.Preemptions = r.Generated, r.Preemptions
	}
	v.result.Seconds = now - first
	v.result.Final = v.core.Stats()
}
