package report

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Compared is two configurations by their trials, per replica.
type Compared struct {
	BeforeName string              `json:"before_name"`
	AfterName  string              `json:"after_name"`
	Won        bool                `json:"won" doc:"After is the run's winner, not only the best that was tried."`
	Before     Side                `json:"before"`
	After      Side                `json:"after"`
	Gain       *serving.Comparison `json:"gain,omitempty"`
	Rows       []Row               `json:"rows"`
	objectives []serving.Objective
}

// Side is one configuration as a trial measured it.
type Side struct {
	Trial    int `json:"trial"`
	Requests int `json:"requests" doc:"Behind the latencies."`
	// HighestRate kept the objectives and FailsAt is the lowest that did not; the
	// truth is between them. Estimate is where, with 95% bounds, where it can be told.
	HighestRate  float64         `json:"highest_rate_rps"`
	FailsAt      serving.Measure `json:"fails_at_rps"`
	Estimate     serving.Measure `json:"estimate_rps"`
	EstimateLow  serving.Measure `json:"estimate_low_rps"`
	EstimateHigh serving.Measure `json:"estimate_high_rps"`
	OutputTokens float64         `json:"output_tokens_per_second"`
	Rate         float64         `json:"reference_rate_rps" doc:"Today's rate, at which the latencies are."`
	ReadySeconds float64         `json:"ready_seconds"`
	Latencies    []Latency       `json:"latencies"`
	Rungs        []Rung          `json:"rungs"`
}

// Latency is the distribution of one latency at today's rate.
type Latency struct {
	Metric  serving.Metric         `json:"metric"`
	Summary serving.LatencySummary `json:"summary"`
}

// Rung is one step of a ladder of rates.
type Rung struct {
	Rate    float64                `json:"rate_rps"`
	Goodput float64                `json:"goodput_rps"`
	Verdict serving.Outcome3       `json:"verdict"`
	Why     string                 `json:"why,omitempty"`
	TTFT    serving.LatencySummary `json:"ttft"`
	ITL     serving.LatencySummary `json:"itl"`
	E2E     serving.LatencySummary `json:"e2e"`
}

// Row is a line of the before/after table. Kind says what the numbers are: "rate",
// "seconds" or "cost". Low and High bound a value with 95% confidence; a rate's
// are what was tried, and unknown where nothing bounds it.
type Row struct {
	Name       string          `json:"name"`
	Kind       string          `json:"kind"`
	Before     serving.Measure `json:"before"`
	BeforeLow  serving.Measure `json:"before_low"`
	BeforeHigh serving.Measure `json:"before_high"`
	After      serving.Measure `json:"after"`
	AfterLow   serving.Measure `json:"after_low"`
	AfterHigh  serving.Measure `json:"after_high"`
	// Ratio is after over before.
	Ratio serving.Measure `json:"ratio"`
	// LessIsBetter tells which way is good.
	LessIsBetter bool `json:"less_is_better"`
}

// comparedOf finds the two trials: the first of the present configuration, and the
// winner's last or else the best other one.
func comparedOf(f Facts, objectives []serving.Objective) *Compared {
	before, ok := firstMeasured(f.Trials, func(t serving.Trial) bool { return t.Purpose == "baseline" })
	if !ok {
		return nil
	}
	after, won := winnerTrial(f)
	if !won {
		if after, ok = bestOther(f.Trials, before); !ok {
			return nil
		}
	}
	c := &Compared{BeforeName: "Present configuration", AfterName: after.Candidate.Name, Won: won,
		Before: sideOf(before), After: sideOf(after), objectives: objectives}
	if won {
		c.Gain = f.Run.Gain
	}
	c.Rows = rowsOf(f, c)
	return c
}

func firstMeasured(list []serving.Trial, is func(serving.Trial) bool) (serving.Trial, bool) {
	for _, t := range list {
		if t.Status == serving.TrialMeasured && is(t) {
			return t, true
		}
	}
	return serving.Trial{}, false
}

// winnerTrial is the one that the run's record took its figures from: the last.
func winnerTrial(f Facts) (serving.Trial, bool) {
	var last serving.Trial
	found := false
	if f.Run.Winner == nil {
		return last, false
	}
	for _, t := range f.Trials {
		if t.Status == serving.TrialMeasured && t.Purpose != "baseline-again" && t.Candidate.Config.Equal(f.Run.Winner.Config) {
			last, found = t, true
		}
	}
	return last, found
}

func bestOther(list []serving.Trial, before serving.Trial) (serving.Trial, bool) {
	var best serving.Trial
	found := false
	for _, t := range list {
		other := t.Status == serving.TrialMeasured && !t.Candidate.Config.Equal(before.Candidate.Config)
		if other && (!found || t.Result.MaxGood > best.Result.MaxGood) {
			best, found = t, true
		}
	}
	return best, found
}

func sideOf(t serving.Trial) Side {
	res, ref := t.Result, t.Result.Reference
	s := Side{Trial: t.Number, Requests: ref.E2E.Count, HighestRate: res.MaxGood, FailsAt: res.MinBad,
		OutputTokens: res.Best.OutputTokensPerSecond, Rate: ref.RatePerSecond, ReadySeconds: t.ReadySeconds,
		Latencies: []Latency{{serving.MetricTTFT, ref.TTFT}, {serving.MetricITL, ref.ITL}, {serving.MetricE2E, ref.E2E}},
		Rungs:     rungsOf(res)}
	if res.Limit > 0 {
		s.Estimate, s.EstimateLow, s.EstimateHigh = serving.Known(res.Limit), serving.Known(res.LimitLow), serving.Known(res.LimitHigh)
	}
	return s
}

func rungsOf(res serving.LadderResult) []Rung {
	out := []Rung{}
	for _, s := range res.Steps {
		r := Rung{Rate: s.Load.RatePerSecond, Goodput: s.Load.GoodputRPS, Verdict: s.Verdict,
			TTFT: s.Load.TTFT, ITL: s.Load.ITL, E2E: s.Load.E2E, Why: s.Load.Invalid}
		for _, b := range s.Breaches {
			if r.Why == "" {
				r.Why = b.Text
			}
		}
		out = append(out, r)
	}
	return out
}

func rowsOf(f Facts, c *Compared) []Row {
	b, a := c.Before, c.After
	rows := []Row{
		bounded(Row{Name: "Highest rate within the objectives, requests/s a replica", Kind: "rate"},
			b.HighestRate, serving.Known(b.HighestRate), b.FailsAt, a.HighestRate, serving.Known(a.HighestRate), a.FailsAt),
		bounded(Row{Name: "Output tokens/s a replica, at that rate", Kind: "rate"},
			b.OutputTokens, serving.Unknown(), serving.Unknown(), a.OutputTokens, serving.Unknown(), serving.Unknown()),
	}
	for i, l := range b.Latencies {
		rows = append(rows, latencyRow(MetricWord(l.Metric)+" p95, at today's rate", l.Summary, a.Latencies[i].Summary))
	}
	rows = append(rows, bounded(Row{Name: "From launch to serving", Kind: "seconds", LessIsBetter: true},
		b.ReadySeconds, serving.Unknown(), serving.Unknown(), a.ReadySeconds, serving.Unknown(), serving.Unknown()))
	if run := f.Run; c.Won && run.Baseline != nil && run.Baseline.CostPerMillionTokens > 0 {
		rows = append(rows, bounded(Row{Name: "Cost of a million output tokens", Kind: "cost", LessIsBetter: true},
			run.Baseline.CostPerMillionTokens, serving.Unknown(), serving.Unknown(), run.Winner.CostPerMillionTokens, serving.Unknown(), serving.Unknown()))
	}
	return rows
}

func latencyRow(name string, b, a serving.LatencySummary) Row {
	return bounded(Row{Name: name, Kind: "seconds", LessIsBetter: true},
		b.P95Seconds, low(b), high(b), a.P95Seconds, low(a), high(a))
}

// low and high bound a p95, unknown where there were too few samples to say: then
// both equal it.
func low(l serving.LatencySummary) serving.Measure {
	if l.P95Low == l.P95High {
		return serving.Unknown()
	}
	return serving.Known(l.P95Low)
}

func high(l serving.LatencySummary) serving.Measure {
	if l.P95Low == l.P95High {
		return serving.Unknown()
	}
	return serving.Known(l.P95High)
}

// bounded fills a row; 0 is a value that nobody measured.
func bounded(r Row, before float64, beforeLow, beforeHigh serving.Measure, after float64, afterLow, afterHigh serving.Measure) Row {
	r.Before, r.After = positive(before), positive(after)
	r.BeforeLow, r.BeforeHigh, r.AfterLow, r.AfterHigh = beforeLow, beforeHigh, afterLow, afterHigh
	r.Ratio = r.After.Over(r.Before)
	return r
}

func positive(v float64) serving.Measure {
	if !(v > 0) || math.IsInf(v, 0) {
		return serving.Unknown()
	}
	return serving.Known(v)
}
