package vegeta

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Target is one request, in vegeta's JSON form; the body travels as base64.
type Target struct {
	Method string      `json:"method"`
	URL    string      `json:"url"`
	Body   []byte      `json:"body,omitempty"`
	Header http.Header `json:"header,omitempty"`
}

// Load is how targets are sent.
type Load struct {
	// Rate in requests a second, sent whatever becomes of them; 0 sends the next as
	// soon as one is answered, by Workers clients.
	Rate    int
	Workers int // at most so many at a time
	Length  time.Duration
	Timeout time.Duration // of one request
}

// Report is how one load went. Latencies are of whole answers, from the sending.
type Report struct {
	Requests      int     `json:"requests"`
	SentPerSecond float64 `json:"sent_per_second"`
	// GoodPerSecond are the successful ones, until the last answer.
	GoodPerSecond float64        `json:"good_per_second"`
	P50Seconds    float64        `json:"p50_seconds"`
	P95Seconds    float64        `json:"p95_seconds"`
	P99Seconds    float64        `json:"p99_seconds"`
	MaxSeconds    float64        `json:"max_seconds"`
	Errors        int            `json:"errors"` // without an answer, or with one that is no success
	Statuses      map[string]int `json:"statuses"`
	Messages      []string       `json:"messages,omitempty"` // of errors, each once
}

// Attack sends the targets in turn with the program at the path.
func Attack(ctx context.Context, program string, targets []Target, load Load) (Report, error) {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, t := range targets {
		if err := encoder.Encode(t); err != nil {
			return Report{}, fmt.Errorf("encode a target: %w", err)
		}
	}
	results, err := os.CreateTemp("", "vegeta-results")
	if err != nil {
		return Report{}, fmt.Errorf("file of the results: %w", err)
	}
	defer os.Remove(results.Name())
	defer results.Close()
	cmd := exec.CommandContext(ctx, program, load.arguments()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &lines, results, os.Stderr
	if err := cmd.Run(); err != nil {
		return Report{}, fmt.Errorf("load: %w", err)
	}
	told, err := exec.CommandContext(ctx, program, "report", "-type=json", results.Name()).Output()
	if err != nil {
		return Report{}, fmt.Errorf("report of the load: %w", err)
	}
	return Read(told)
}

// arguments keep no bodies of answers: megabytes a second in the results, and a
// generator that collects them, take the processors from what is measured.
func (l Load) arguments() []string {
	out := []string{"attack", "-format=json", "-max-body=0", fmt.Sprintf("-rate=%d", l.Rate), "-duration=" + l.Length.String(),
		"-timeout=" + l.Timeout.String(), fmt.Sprintf("-max-workers=%d", l.Workers)}
	if l.Rate == 0 {
		out = append(out, fmt.Sprintf("-workers=%d", l.Workers))
	}
	return out
}

// Read takes a report from vegeta's JSON, whose times are in nanoseconds.
func Read(data []byte) (Report, error) {
	var r struct {
		Latencies struct {
			P50 float64 `json:"50th"`
			P95 float64 `json:"95th"`
			P99 float64 `json:"99th"`
			Max float64 `json:"max"`
		} `json:"latencies"`
		Requests   int            `json:"requests"`
		Rate       float64        `json:"rate"`
		Throughput float64        `json:"throughput"`
		Statuses   map[string]int `json:"status_codes"`
		Errors     []string       `json:"errors"`
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return Report{}, fmt.Errorf("report of the load: %w", err)
	}
	a := Report{Requests: r.Requests, SentPerSecond: r.Rate, GoodPerSecond: r.Throughput, P50Seconds: r.Latencies.P50 / 1e9,
		P95Seconds: r.Latencies.P95 / 1e9, P99Seconds: r.Latencies.P99 / 1e9, MaxSeconds: r.Latencies.Max / 1e9,
		Errors: r.Requests, Statuses: r.Statuses, Messages: r.Errors}
	for code, n := range r.Statuses {
		if strings.HasPrefix(code, "2") {
			a.Errors -= n
		}
	}
	return a, nil
}
