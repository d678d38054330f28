package loadgen

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// traceTime is the timestamp layout of the published Azure LLM traces; a
// fraction of a second may follow.
const traceTime = "2006-01-02 15:04:05"

// TraceRequest is one request of a recorded trace.
type TraceRequest struct {
	At           time.Duration // since the first request of the trace
	PromptTokens int
	OutputTokens int
}

// Trace is a recorded sequence of requests in order of time.
type Trace []TraceRequest

// ReadTrace reads a CSV with a header line and the columns timestamp, prompt
// tokens and output tokens, as in the Azure LLM inference traces.
func ReadTrace(r io.Reader) (Trace, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = 3
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil {
		return nil, fmt.Errorf("read the header of the trace: %w", err)
	}
	var trace Trace
	var first time.Time
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return trace, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the trace: %w", err)
		}
		at, req, err := parseTraceRow(row)
		if err != nil {
			line, _ := rows.FieldPos(0)
			return nil, fmt.Errorf("trace line %d: %w", line, err)
		}
		if len(trace) == 0 {
			first = at
		}
		req.At = at.Sub(first)
		if n := len(trace); n > 0 && req.At < trace[n-1].At {
			line, _ := rows.FieldPos(0)
			return nil, fmt.Errorf("trace line %d: earlier than the line before", line)
		}
		trace = append(trace, req)
	}
}

func parseTraceRow(row []string) (time.Time, TraceRequest, error) {
	at, err := time.Parse(traceTime, row[0])
	if err != nil {
		return time.Time{}, TraceRequest{}, fmt.Errorf("timestamp: %w", err)
	}
	prompt, err := strconv.Atoi(row[1])
	if err != nil {
		return time.Time{}, TraceRequest{}, fmt.Errorf("prompt tokens: %w", err)
	}
	output, err := strconv.Atoi(row[2])
	if err != nil {
		return time.Time{}, TraceRequest{}, fmt.Errorf("output tokens: %w", err)
	}
	return at, TraceRequest{PromptTokens: max(1, prompt), OutputTokens: max(1, output)}, nil
}

// Between returns the requests from one time of the trace to another, with
// times that start at 0 again.
func (t Trace) Between(from, to time.Duration) Trace {
	var out Trace
	for _, r := range t {
		if r.At >= from && r.At < to {
			r.At -= from
			out = append(out, r)
		}
	}
	return out
}

// Workload describes the trace by its rate and its length distributions, as
// far as a Workload can: bursts and the tie between prompt and output lengths
// are lost, which is why Replay exists.
func (t Trace) Workload() serving.Workload {
	w := serving.Workload{Arrival: ArrivalPoisson, Source: "trace"}
	if len(t) < 2 || t[len(t)-1].At <= 0 {
		return w
	}
	w.RatePerSecond = float64(len(t)-1) / t[len(t)-1].At.Seconds()
	w.PromptTokens = t.lengths(func(r TraceRequest) int { return r.PromptTokens })
	w.OutputTokens = t.lengths(func(r TraceRequest) int { return r.OutputTokens })
	return w
}

func (t Trace) lengths(of func(TraceRequest) int) serving.Lengths {
	l := serving.Lengths{Min: of(t[0]), Max: of(t[0])}
	sum, squares := 0.0, 0.0
	for _, r := range t {
		x := float64(of(r))
		sum, squares = sum+x, squares+x*x
		l.Min, l.Max = min(l.Min, of(r)), max(l.Max, of(r))
	}
	n := float64(len(t))
	l.Mean = sum / n
	l.CV = math.Sqrt(max(0, squares/n-l.Mean*l.Mean)) / l.Mean
	return l
}

// Replay sends the requests of a trace at its own times, speedup times as fast
// (0 means 1). From the spec it takes the warm-up (the first seconds of the
// replay, not counted), the limits, the seed and the prefix sharing; arrival and
// lengths are the trace's.
func (g *Generator) Replay(ctx context.Context, target, model string, t Trace, speedup float64,
	spec serving.LoadSpec, objectives []serving.Objective) (serving.LoadResult, error) {
	urls, err := parseTarget(target)
	if err != nil {
		return serving.LoadResult{}, err
	}
	shots, window := planReplay(t, speedup, spec)
	if window <= 0 {
		return serving.LoadResult{}, fmt.Errorf("trace: no request after the warm-up: %w", serving.ErrPermanent)
	}
	warmup := seconds(spec.WarmupSeconds)
	p := plan{urls: urls, shots: shots, window: window, warmup: warmup,
		rate: float64(countedShots(shots, warmup)) / window.Seconds(), timeout: g.requestTimeout(spec), seed: spec.Seed,
		prompts: newPrompts(model, spec.Workload, spec.Seed, spec.Seed)}
	return g.measureOnce(ctx, p, objectives)
}

func planReplay(t Trace, speedup float64, spec serving.LoadSpec) (shots []shot, window time.Duration) {
	if speedup <= 0 {
		speedup = 1
	}
	warmup, limit := seconds(spec.WarmupSeconds), orForever(spec.DurationSeconds)
	groups := max(1, spec.Workload.PrefixGroups)
	counted := 0
	for i, r := range t {
		at := time.Duration(float64(r.At) / speedup)
		if at-warmup >= limit || spec.MaxRequests > 0 && counted >= spec.MaxRequests {
			break
		}
		if at >= warmup {
			counted++
			window = at - warmup
		}
		shots = append(shots, shot{index: i, at: at, prompt: r.PromptTokens, output: r.OutputTokens,
			group: int(mix(spec.Seed, uint64(i)) % uint64(groups))})
	}
	return shots, window
}

func countedShots(shots []shot, warmup time.Duration) int {
	n := 0
	for _, s := range shots {
		if s.at >= warmup {
			n++
		}
	}
	return n
}
