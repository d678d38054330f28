package whatif

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// Report is what the users of a simulated engine would have seen.
type Report struct {
	// Simulated is always true: nothing here was measured.
	Simulated bool   `json:"simulated"`
	Model     string `json:"model"`
	GPU       string `json:"gpu"`
	GPUs      int    `json:"gpus"`
	Version   string `json:"engine_version"`
	KVBlocks  int    `json:"kv_blocks"`

	Summary
	KVUsageMax float64   `json:"kv_usage_max"` // 0..1
	Stages     []Summary `json:"stages,omitempty"`
	Steps      int       `json:"engine_steps"`
	Unknown    []string  `json:"flags_without_effect,omitempty"`
}

// Summary is a run or one stage of it.
type Summary struct {
	TTFT Latency `json:"ttft_seconds"`
	// ITL is over all gaps between tokens.
	ITL Latency `json:"itl_seconds"`
	E2E Latency `json:"e2e_seconds"`

	Requests    int `json:"requests"`
	Rejected    int `json:"rejected"` // longer than max_model_len
	Preemptions int `json:"preemptions"`
	// Seconds is from the first arrival to the last token.
	Seconds               float64 `json:"seconds"`
	OutputTokensPerSecond float64 `json:"output_tokens_per_second"`
	RequestsPerSecond     float64 `json:"requests_per_second"`
	PrefixHitRate         float64 `json:"prefix_hit_rate"` // of prompt tokens
}

// Latency is a distribution in seconds.
type Latency struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
}

func (s *sketch) latency() Latency {
	return Latency{Mean: round(s.mean()), P50: round(s.quantile(0.5)), P90: round(s.quantile(0.9)), P99: round(s.quantile(0.99))}
}

// round keeps six significant digits: what lies beyond is noise to a reader.
func round(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

func (p *part) summary() Summary {
	s := Summary{
		TTFT: p.ttft.latency(), ITL: p.itl.latency(), E2E: p.e2e.latency(),
		Requests: p.requests, Rejected: p.rejected, Preemptions: p.preemptions,
		Seconds: round(p.complete - p.begin),
	}
	if s.Seconds > 0 {
		s.OutputTokensPerSecond = round(float64(p.output) / s.Seconds)
		s.RequestsPerSecond = round(float64(p.requests) / s.Seconds)
	}
	if p.prompt > 0 {
		s.PrefixHitRate = round(float64(p.cached) / float64(p.prompt))
	}
	return s
}

// summarise fills in what was tallied.
func (r *Report) summarise(t *tally) {
	for i := range t.stages {
		t.all.itl.merge(&t.stages[i].itl)
	}
	r.Summary, r.KVUsageMax, r.Steps = t.all.summary(), round(t.usage), t.steps
	if len(t.stages) > 1 {
		for i := range t.stages {
			r.Stages = append(r.Stages, t.stages[i].summary())
		}
	}
}

// WriteJSON writes the report as indented JSON.
func (r Report) WriteJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	if err := out.Encode(r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// WriteText writes the report for people.
func (r Report) WriteText(w io.Writer) {
	fmt.Fprintf(w, "SIMULATED: %s on %d x %s, engine %s, %d KV blocks\n", r.Model, r.GPUs, r.GPU, r.Version, r.KVBlocks)
	fmt.Fprintf(w, "%d requests in %.1f s (%d rejected), %.0f output tokens/s, prefix hits %.0f%%, KV at most %.0f%%, %d preemptions\n",
		r.Requests, r.Seconds, r.Rejected, r.OutputTokensPerSecond, 100*r.PrefixHitRate, 100*r.KVUsageMax, r.Preemptions)
	fmt.Fprintf(w, "%-6s %10s %10s %10s %10s\n", "", "mean", "p50", "p90", "p99")
	for _, l := range []struct {
		name string
		Latency
	}{{"TTFT", r.TTFT}, {"ITL", r.ITL}, {"E2E", r.E2E}} {
		fmt.Fprintf(w, "%-6s %8.1fms %8.1fms %8.1fms %8.1fms\n", l.name, 1e3*l.Mean, 1e3*l.P50, 1e3*l.P90, 1e3*l.P99)
	}
}
