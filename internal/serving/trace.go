package serving

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"
)

// traceTime is the timestamp layout of the published Azure LLM traces; a
// fraction of a second may follow.
const traceTime = "2006-01-02 15:04:05"

// mostTraced bounds a trace within a LoadSpec, which travels through a workflow:
// 20,000 requests are about 900 KB of its 2 MB.
const mostTraced = 20000

// fewTraced requests give no shape of their own: their quantiles would be those
// of single requests.
const fewTraced = 200

// TraceRequest is one request of a recorded trace.
type TraceRequest struct {
	AtSeconds    float64 `json:"at"` // since the first request of the trace
	PromptTokens int     `json:"prompt"`
	OutputTokens int     `json:"output"`
}

// Trace is a recorded sequence of requests in order of time.
type Trace []TraceRequest

// ReadTrace reads a CSV with a header line and the columns timestamp, prompt
// tokens and output tokens, as in the Azure LLM inference traces. The timestamp
// may also be a number of seconds.
func ReadTrace(r io.Reader) (Trace, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = 3
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil {
		return nil, fmt.Errorf("read the header of the trace: %w", err)
	}
	var trace Trace
	first := 0.0
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return trace, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the trace: %w", err)
		}
		line, _ := rows.FieldPos(0)
		req, err := parseTraceRow(row)
		if err != nil {
			return nil, fmt.Errorf("trace line %d: %w", line, err)
		}
		if len(trace) == 0 {
			first = req.AtSeconds
		}
		// Differences of times in seconds since 1970 are exact to a microsecond.
		req.AtSeconds = math.Round((req.AtSeconds-first)*1e6) / 1e6
		if n := len(trace); n > 0 && req.AtSeconds < trace[n-1].AtSeconds {
			return nil, fmt.Errorf("trace line %d: earlier than the line before", line)
		}
		trace = append(trace, req)
	}
}

func parseTraceRow(row []string) (TraceRequest, error) {
	at, err := parseTraceTime(row[0])
	if err != nil {
		return TraceRequest{}, err
	}
	prompt, err := strconv.Atoi(row[1])
	if err != nil {
		return TraceRequest{}, fmt.Errorf("prompt tokens: %w", err)
	}
	output, err := strconv.Atoi(row[2])
	if err != nil {
		return TraceRequest{}, fmt.Errorf("output tokens: %w", err)
	}
	return TraceRequest{AtSeconds: at, PromptTokens: max(1, prompt), OutputTokens: max(1, output)}, nil
}

func parseTraceTime(text string) (float64, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(seconds) && !math.IsInf(seconds, 0) {
		return seconds, nil
	}
	at, err := time.Parse(traceTime, text)
	if err != nil {
		return 0, fmt.Errorf("timestamp: %w", err)
	}
	return float64(at.UnixMicro()) / 1e6, nil
}

// Between returns the requests from one time of the trace to another, in
// seconds, with times that start at 0 again.
func (t Trace) Between(from, to float64) Trace {
	var out Trace
	for _, r := range t {
		if r.AtSeconds >= from && r.AtSeconds < to {
			r.AtSeconds -= from
			out = append(out, r)
		}
	}
	return out
}

// Workload describes the trace by its rate and its length distributions, as
// far as a Workload can: bursts and the tie between prompt and output lengths
// are lost, which is why a trace can be replayed.
func (t Trace) Workload() Workload {
	w := Workload{Arrival: ArrivalPoisson, Source: "trace"}
	if len(t) < 2 || t[len(t)-1].AtSeconds <= 0 {
		return w
	}
	w.RatePerSecond = float64(len(t)-1) / t[len(t)-1].AtSeconds
	w.PromptTokens = t.lengths(func(r TraceRequest) int { return r.PromptTokens })
	w.OutputTokens = t.lengths(func(r TraceRequest) int { return r.OutputTokens })
	return w
}

func (t Trace) lengths(of func(TraceRequest) int) Lengths {
	l := Lengths{Min: of(t[0]), Max: of(t[0])}
	sum, squares := 0.0, 0.0
	for _, r := range t {
		x := float64(of(r))
		sum, squares = sum+x, squares+x*x
		l.Min, l.Max = min(l.Min, of(r)), max(l.Max, of(r))
	}
	n := float64(len(t))
	l.setMoments(sum/n, max(0, squares/n-(sum/n)*(sum/n)))
	if len(t) >= fewTraced {
		l.Shape, l.Points = ShapeEmpirical, t.quantiles(of)
		l.fitLongest(l.Mean) // the longest of thousands is not the top of 2.5%
	}
	return l
}

// quantiles are the lengths at evenly spaced probabilities.
func (t Trace) quantiles(of func(TraceRequest) int) []float64 {
	sorted := make([]float64, len(t))
	for i, r := range t {
		sorted[i] = float64(of(r))
	}
	slices.Sort(sorted)
	points := make([]float64, empiricalPoints)
	for i := range points {
		points[i] = sorted[i*(len(sorted)-1)/(empiricalPoints-1)]
	}
	return points
}

func validateTrace(t []TraceRequest) error {
	if n := len(t); n < 1 || n > mostTraced {
		return fmt.Errorf("trace: %d requests, must be 1 to %d; give a shorter part of it", n, mostTraced)
	}
	for i, r := range t {
		if !nonNegative(r.AtSeconds) || i > 0 && r.AtSeconds < t[i-1].AtSeconds || r.PromptTokens < 1 || r.OutputTokens < 1 {
			return fmt.Errorf("trace: request %d has a time that falls or a length below 1; sort it by time", i)
		}
	}
	return nil
}
