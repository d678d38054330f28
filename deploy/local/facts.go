package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// facts is what happened in a scenario, for a file and for the checks. Every
// field is computed from the run's record, the router or the users, none from
// the plan. All of it is measured on simulated engines.
type facts struct {
	Scenario    string            `json:"scenario"`
	Outcome     serving.Outcome   `json:"outcome"`
	Reason      string            `json:"reason"`
	RunID       string            `json:"run_id"`
	WorkflowID  string            `json:"workflow_id"`
	Baseline    *side             `json:"baseline"`
	Winner      *side             `json:"winner"`
	Improvement *improvement      `json:"improvement"`
	Trials      int               `json:"trials"`
	Stages      []stageFact       `json:"stages"`
	Production  production        `json:"production"`
	Violation   *violationFact    `json:"violation"`
	Generation  float64           `json:"generation_seconds"`
	Wall        float64           `json:"wall_seconds"` // of the run, without building
	Weights     []serving.Share   `json:"final_weights"`
	Variants    []serving.Variant `json:"final_variants"`
	Simulated   string            `json:"simulated"`
	findings    []serving.Bottleneck
}

// side is one column of the before/after table; goodput and tokens are those of
// one replica at the highest rate that keeps the SLOs.
type side struct {
	Goodput      float64  `json:"goodput_rps"`
	OutputTokens float64  `json:"output_tokens_per_second"`
	TTFTP95      float64  `json:"ttft_p95_seconds"`
	ITLP95       float64  `json:"itl_p95_seconds"`
	E2EP95       float64  `json:"e2e_p95_seconds"`
	Flags        []string `json:"flags"`
}

type improvement struct {
	ThroughputRatio float64 `json:"throughput_ratio"`
	E2EP95Reduction float64 `json:"e2e_p95_reduction"`
	// Remeasured is the gain measured once more after the run, with its bounds
	// beside the run's own; absent where the scenario does not ask for it.
	Remeasured *remeasured `json:"remeasured,omitempty"`
}

type stageFact struct {
	Weight  int             `json:"weight"`
	Verdict serving.Verdict `json:"verdict"`
	Reason  string          `json:"reason"`
}

// violationFact times a violation. Detection runs from the moment production
// broke: the injection where the scenario injects the fault itself, else the
// shift to the stage that failed. Restoration runs from the same moment until
// the router was read back with all traffic on stable.
type violationFact struct {
	SLO       string  `json:"slo"`
	Source    string  `json:"source"`
	Detection float64 `json:"detection_seconds"`
	Restored  float64 `json:"restored_seconds"`
}

func sideOf(s *serving.RunSide) *side {
	if s == nil {
		return nil
	}
	return &side{Goodput: s.GoodputRPS, OutputTokens: s.OutputTokensPerSecond, TTFTP95: s.TTFTP95Seconds,
		ITLP95: s.ITLP95Seconds, E2EP95: s.E2EP95Seconds, Flags: s.Config.FlagList()}
}

func violationOf(r *serving.RolloutRecord, brokenUnix float64) *violationFact {
	if r == nil || r.Violation == nil {
		return nil
	}
	if brokenUnix == 0 {
		brokenUnix = r.Violation.BeganUnix
	}
	v := &violationFact{SLO: r.Violation.SLO, Source: r.Violation.Source, Detection: r.Violation.DetectedUnix - brokenUnix}
	if r.RestoredAt != nil {
		v.Restored = float64(r.RestoredAt.UnixNano())/1e9 - brokenUnix
	}
	return v
}

func (f facts) write(path string) error {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("encode facts: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("write facts: %w", err)
	}
	return nil
}
