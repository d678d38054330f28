package fidelity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// pointResult is a run with the lengths that it was asked for.
type pointResult struct {
	llmsim.Run
	prompt int // tokens of all
}

var firstNumber = regexp.MustCompile(`\d+`)

// lengths are the mean prompt and answer that a source states.
func lengths(l line) (input, output int, err error) {
	in, out := firstNumber.FindString(l.text("input_len")), firstNumber.FindString(l.text("output_len"))
	if in == "" || out == "" {
		return 0, 0, fmt.Errorf("%w the lengths (%q, %q)", errUnknown, l.text("input_len"), l.text("output_len"))
	}
	input, _ = strconv.Atoi(in)
	output, _ = strconv.Atoi(out)
	return max(1, input), max(1, output), nil
}

// spread is the coefficient of variation of the lengths: people's conversations
// vary, benchmarks with plain numbers do not.
func spread(l line) float64 {
	if strings.Contains(l.text("input_len"), "ShareGPT") || strings.Contains(l.text("input_len"), "CNN") {
		return 0.8
	}
	return 0
}

// pointRun drives the engine as the source did.
func pointRun(l line, m perfmodel.Model) (pointResult, error) {
	input, output, err := lengths(l)
	if err != nil {
		return pointResult{}, err
	}
	core, err := llmsim.NewModelCore(m, seed)
	if err != nil {
		return pointResult{}, err
	}
	count, _ := strconv.Atoi(firstNumber.FindString(l.text("load")))
	requests := newRequests(input, output, spread(l), m.Settings().MaxModelLen)
	var out pointResult
	switch kind := l.text("load_type"); kind {
	case "closed-loop concurrency":
		arrivals := requests.make(max(4*count, 64), 0)
		out.Run, err = llmsim.Closed(core, max(1, count), arrivals)
	case "Poisson req/s":
		if count == 0 {
			return out, fmt.Errorf("%w the rate", errUnknown)
		}
		out.Run, err = llmsim.Open(core, requests.make(min(2000, 60*count), float64(count)))
	case "offline, all at once", "all at once", "offline", "Poisson inf", "MLPerf Offline":
		if count == 0 {
			count = 1000
		}
		out.Run, err = llmsim.Open(core, requests.make(count, 0))
	default:
		return out, fmt.Errorf("load %q is not modelled", kind)
	}
	out.prompt = requests.prompt
	return out, err
}

// requests makes distinct prompts of drawn lengths.
type requests struct {
	input, output float64
	spread        float64
	limit         int
	random        *rand.Rand
	prompt        int // tokens made
}

func newRequests(input, output int, spread float64, limit int) *requests {
	return &requests{input: float64(input), output: float64(output), spread: spread, limit: limit, random: rand.New(rand.NewPCG(seed, seed))}
}

// make draws n requests at a rate; 0: all at once.
func (r *requests) make(n int, rate float64) []llmsim.Arrival {
	out := make([]llmsim.Arrival, n)
	at := 0.0
	for i := range out {
		if rate > 0 {
			at += r.random.ExpFloat64() / rate
		}
		prompt := make([]sched.Token, min(r.length(r.input), r.limit/2))
		for k := range prompt {
			prompt[k] = sched.Token(r.random.Uint32())
		}
		r.prompt += len(prompt)
		out[i] = llmsim.Arrival{AtSeconds: at, Prompt: prompt, Output: max(1, min(r.length(r.output), r.limit-len(prompt)))}
	}
	return out
}

// length draws a log-normal length with the given mean.
func (r *requests) length(mean float64) int {
	sigma := math.Sqrt(math.Log(1 + r.spread*r.spread))
	return max(1, int(mean*math.Exp(sigma*r.random.NormFloat64()-sigma*sigma/2)+0.5))
}

// figure reads the metric of a line from the run, in the line's unit.
func (r pointResult) figure(l line) (float64, error) {
	pick := mean
	if l.text("stat") == "p50" {
		pick = func(v []float64) float64 { return slices.Sorted(slices.Values(v))[len(v)/2] }
	}
	of := func(f func(llmsim.Outcome) float64) float64 {
		values := make([]float64, len(r.Outcomes))
		for i, o := range r.Outcomes {
			values[i] = f(o)
		}
		return pick(values)
	}
	switch l.text("metric") {
	case "TPOT", "ITL":
		return inUnit(of(llmsim.Outcome.TPOTSeconds), l.text("unit"))
	case "TTFT":
		return inUnit(of(func(o llmsim.Outcome) float64 { return o.TTFTSeconds }), l.text("unit"))
	case "request latency":
		return inUnit(of(func(o llmsim.Outcome) float64 { return o.E2ESeconds }), l.text("unit"))
	case "completion time", "run duration":
		return inUnit(r.Seconds, l.text("unit"))
	case "output throughput":
		return r.OutputTokensPerSecond(), nil
	case "request throughput":
		return float64(len(r.Outcomes)) / r.Seconds, nil
	case "total throughput":
		return r.OutputTokensPerSecond() + float64(r.prompt)/r.Seconds, nil
	}
	return 0, fmt.Errorf("metric %q is not simulated", l.text("metric"))
}
