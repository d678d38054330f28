package report_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/report"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

var began = time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)

func after(seconds float64) time.Time {
	return began.Add(time.Duration(seconds * float64(time.Second)))
}

func at(seconds float64) *time.Time { t := after(seconds); return &t }

func config(flags ...serving.Flag) serving.EngineConfig {
	return serving.EngineConfig{Engine: serving.VLLM, Model: "m/8B", Flags: flags}
}

func present() serving.EngineConfig {
	return config(serving.Flag{Name: "--enforce-eager"}, serving.Flag{Name: "--max-num-seqs", Value: "16"})
}

func better() serving.EngineConfig { return config(serving.Flag{Name: "--max-num-seqs", Value: "256"}) }

func latency(p95 float64) serving.LatencySummary {
	return serving.LatencySummary{Count: 120, MeanSeconds: p95 / 2, P50Seconds: p95 / 2, P90Seconds: p95 * 0.9, P95Seconds: p95, P99Seconds: p95 * 1.2, P95Low: p95 * 0.9, P95High: p95 * 1.1}
}

func load(rate, ttft float64) serving.LoadResult {
	return serving.LoadResult{RatePerSecond: rate, GoodputRPS: rate * 0.98, OutputTokensPerSecond: rate * 100, TTFT: latency(ttft), ITL: latency(ttft / 10), E2E: latency(ttft * 10)}
}

func trial(number int, purpose string, c serving.EngineConfig, rate, ttft float64) serving.Trial {
	failing := load(rate*1.2, 2)
	return serving.Trial{Number: number, Purpose: purpose, Candidate: serving.Candidate{Name: purpose + "-candidate", Config: c}, Status: serving.TrialMeasured, ReadySeconds: 30,
		Result: serving.LadderResult{Reference: load(2, ttft), Best: load(rate, ttft*2), MaxGood: rate, MinBad: serving.Known(rate * 1.2),
			Steps: []serving.LadderStep{{Load: load(2, ttft), Verdict: serving.RungPass}, {Load: failing, Verdict: serving.RungFail, Breaches: []serving.Evidence{{Text: "ttft-p95 over 120 requests"}}}, {Load: load(rate, ttft*2), Verdict: serving.RungPass}}}}
}

// objective allows 5% of requests to wait longer than half a second.
func objective() serving.Objective {
	return serving.Objective{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5}
}

func stage(weight int, verdict serving.Verdict, from float64) serving.StageRecord {
	return serving.StageRecord{RolloutID: "ro-1", Weight: weight, StartedAt: after(from), EndedAt: after(from + 30), Judgement: serving.Judgement{
		Verdict: verdict, Reason: "why", Sentence: "The canary is as good.", ComparedWith: "baseline",
		Canary:   serving.ArmSummary{Variant: serving.Canary, Requests: 210, TTFT: latency(0.1), ITL: latency(0.01), E2E: latency(1)},
		Baseline: serving.ArmSummary{Variant: serving.Baseline, Requests: 190, Failed: 3, TTFT: latency(0.2), ITL: latency(0.02), E2E: latency(2)},
		Checks:   []serving.JudgeCheck{{Metric: serving.MetricTTFT, Test: "slo", Verdict: verdict, Text: "p95 within the objective"}}}}
}

// promoted are the facts of a run that went well; changes make others of it.
func promoted(changes ...func(*report.Facts)) report.Facts {
	from, to := present(), better()
	fleet := serving.Fleet{Name: "chat", Config: to, Hardware: serving.Hardware{GPU: "H100"}, Replicas: 2, SLOs: []serving.Objective{objective()}}
	indicator := slo.Indicator(objective())
	f := report.Facts{
		Run: serving.RunRecord{ID: "run-1", WorkflowID: "optimize:chat", Fleet: "chat", Phase: "closed", Outcome: serving.OutcomePromoted, Reason: "all stages passed",
			StartedAt: began, ClosedAt: at(600), RolloutID: "ro-1",
			Baseline: &serving.RunSide{Name: "baseline", Config: from, GoodputRPS: 4}, Winner: &serving.RunSide{Name: "batching", Config: to, GoodputRPS: 10},
			Gain:     &serving.Comparison{ThroughputRatio: 2.5, ThroughputRatioLow: 2.1, ThroughputRatioHigh: 3, E2EP95Reduction: 0.4, E2EP95ReductionLow: 0.3, E2EP95ReductionHigh: 0.5},
			Findings: []serving.Bottleneck{{Kind: serving.BottleneckSlotBound, Severity: serving.SeverityHigh, Confidence: 0.9, Summary: "All slots are taken.", Evidence: []serving.Evidence{{Name: "running", Observed: 16, Threshold: 16, Text: "of 16 slots"}}}},
			Drift:    &serving.Drift{Reason: "4 and 4 req/s"}, Workload: &serving.Workload{RatePerSecond: 4, Source: "observed"}},
		Trials: []serving.Trial{trial(1, "baseline", from, 4, 0.2), trial(2, "screen", to, 10, 0.1), trial(3, "repeat", to, 10, 0.1), trial(4, "hold-out", to, 10, 0.11)},
		Fleet:  &fleet,
		Analysis: &serving.AnalysisRecord{ID: "run-1", Snapshot: serving.Snapshot{Version: "0.20.1", Replicas: 2},
			Recommendations: []serving.Recommendation{{Title: "More slots", Mechanism: "Larger batches.", Risk: serving.RiskCheap, WrongIf: "memory is short"}}},
		Rollout: &serving.RolloutRecord{ID: "ro-1", WorkflowID: "rollout:chat", RunID: "run-1", From: from, To: to, Outcome: serving.OutcomePromoted, Phase: "closed", Reason: "all stages passed", StartedAt: after(400), ClosedAt: at(600)},
		Stages:  []serving.StageRecord{stage(5, serving.VerdictPass, 420), stage(100, serving.VerdictPass, 500)},
		Tallies: []slo.Tally{
			{Variant: serving.Stable, Indicator: indicator, Bucket: slo.Bucket{StartUnix: float64(after(-60).Unix()), Seconds: 60, Good: 100}},
			{Variant: serving.Stable, Indicator: indicator, Bucket: slo.Bucket{StartUnix: float64(after(0).Unix()), Seconds: 60, Good: 95, Bad: 5}},
			{Variant: serving.Canary, Indicator: indicator, Bucket: slo.Bucket{StartUnix: float64(after(0).Unix()), Seconds: 60, Good: 5, Bad: 5}},
			{Variant: serving.Stable, Indicator: indicator, Bucket: slo.Bucket{StartUnix: float64(after(6000).Unix()), Seconds: 60, Bad: 1000}},
		},
		Story: []serving.EventRecord{{Seq: 1, At: began, Type: "phase", Message: "measuring"}},
		CommandLine: func(c serving.EngineConfig) []string {
			return append([]string{"vllm", "serve", c.Model}, c.FlagList()...)
		},
		API: "http://agent:8002/api/v1", Now: after(700),
	}
	for _, c := range changes {
		c(&f)
	}
	return f
}

// page renders the report of facts.
func page(t *testing.T, f report.Facts) string {
	t.Helper()
	r, err := report.NewRenderer()
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, r.Render(&out, report.Of(f)))
	return out.String()
}
