package report

import (
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Tried is one trial with what became of it.
type Tried struct {
	Number  int    `json:"number"`
	Purpose string `json:"purpose"`
	// Means says to a person what the purpose is.
	Means   string               `json:"means"`
	Name    string               `json:"name"`
	Changes []serving.FlagChange `json:"changes"`
	Change  string               `json:"change" doc:"The changes in a line."`
	Status  serving.TrialStatus  `json:"status"`
	// Verdict is what it says of the candidate, in a sentence.
	Verdict     string          `json:"verdict"`
	HighestRate float64         `json:"highest_rate_rps"`
	FailsAt     serving.Measure `json:"fails_at_rps"`
	TTFTP95     serving.Measure `json:"ttft_p95_seconds"`
	ITLP95      serving.Measure `json:"itl_p95_seconds"`
	E2EP95      serving.Measure `json:"e2e_p95_seconds"`
	Ratio       serving.Measure `json:"ratio" doc:"Of the highest rates: this trial's over the present configuration's."`
	Quality     serving.Verdict `json:"quality,omitempty"`
	QualityWhy  string          `json:"quality_reason,omitempty"`
	Seconds     float64         `json:"seconds"`
	Winner      bool            `json:"winner"`
	Why         string          `json:"why,omitempty"`
}

// purposes are in the words of a person who was not there.
func purposeMeans(purpose string) string {
	switch purpose {
	case "baseline":
		return "the present configuration, which all others are held to"
	case "screen":
		return "a first look"
	case "full":
		return "measured in full"
	case "repeat":
		return "the winner once more, with the same requests"
	case "hold-out":
		return "the winner on requests that it had not seen"
	case "baseline-again":
		return "the present configuration once more, to see whether the test host drifted"
	}
	return purpose
}

func triedOf(f Facts) []Tried {
	out := []Tried{}
	present, _ := presentOf(f)
	base := serving.Unknown()
	for _, t := range f.Trials {
		if t.Purpose == "baseline" && t.Status == serving.TrialMeasured {
			base = positive(t.Result.MaxGood)
			break
		}
	}
	for _, t := range f.Trials {
		ref := t.Result.Reference
		row := Tried{Number: t.Number, Purpose: t.Purpose, Means: purposeMeans(t.Purpose), Name: t.Candidate.Name,
			Changes: append([]serving.FlagChange{}, serving.Diff(present, t.Candidate.Config)...), Status: t.Status,
			HighestRate: t.Result.MaxGood, FailsAt: t.Result.MinBad,
			TTFTP95: positive(ref.TTFT.P95Seconds), ITLP95: positive(ref.ITL.P95Seconds), E2EP95: positive(ref.E2E.P95Seconds),
			Seconds: t.StagingSeconds, Why: t.Why,
			Winner: f.Run.Winner != nil && t.Candidate.Config.Equal(f.Run.Winner.Config) && t.Purpose != "baseline-again"}
		row.Change = serving.DescribeChanges(row.Changes)
		if t.Status == serving.TrialMeasured {
			row.Ratio = serving.Known(t.Result.MaxGood).Over(base)
		}
		if t.Quality != nil && t.Quality.Verdict != "" {
			row.Quality, row.QualityWhy = t.Quality.Verdict, t.Quality.Reason
		}
		row.Verdict = trialVerdict(t, row)
		out = append(out, row)
	}
	return out
}

// trialVerdict says what a trial found, without a judgement that the run did not
// make: only the winner is called one.
func trialVerdict(t serving.Trial, row Tried) string {
	ratio, known := row.Ratio.Get()
	switch {
	case t.Status != serving.TrialMeasured:
		return "Failed: " + t.Reason
	case t.Result.MaxGood <= 0:
		return "Kept the objectives at no rate that was tried."
	case t.Purpose == "baseline":
		return "What the others are compared with."
	case t.Purpose == "baseline-again":
		return fmt.Sprintf("%.2f times the first measurement of the same.", ratio)
	case row.Winner && (t.Purpose == "repeat" || t.Purpose == "hold-out"):
		return fmt.Sprintf("Confirmed: %.2f times the present rate.", ratio)
	case row.Winner:
		return fmt.Sprintf("Chosen: %.2f times the present rate.", ratio)
	case !known:
		return "Measured; the present configuration has no rate to compare with."
	}
	return fmt.Sprintf("%.2f times the present rate; not chosen.", ratio)
}

// Decision is what won and why, or why nothing did.
type Decision struct {
	Text string `json:"text"`
	// Winner is the name of what won, "" without a winner.
	Winner string              `json:"winner,omitempty"`
	Trial  int                 `json:"trial,omitempty"`
	Gain   *serving.Comparison `json:"gain,omitempty"`
	Drift  *serving.Drift      `json:"drift,omitempty"`
}

func decisionOf(f Facts, c *Compared) Decision {
	d := Decision{Gain: f.Run.Gain, Drift: f.Run.Drift}
	if f.Run.Winner == nil || f.Run.Gain == nil {
		d.Text = "Nothing has won yet."
		if f.Run.ClosedAt != nil {
			d.Text = "Nothing was chosen: " + sentence(orElse(f.Run.Reason, "the run ended before it could choose"))
		}
		return d
	}
	d.Winner = f.Run.Winner.Name
	if c != nil && c.Won {
		d.Trial = c.After.Trial
	}
	d.Text = fmt.Sprintf("%s won: it carries %s the rate of the present configuration within the objectives%s. "+
		"The gain is the lesser of what a repeat and a hold-out with unseen requests showed, and was accepted on its lower bounds: %s.",
		f.Run.Winner.Name, times(f.Run.Gain.ThroughputRatio), latencyGain(*f.Run.Gain), atLeast(*f.Run.Gain))
	return d
}

func times(ratio float64) string { return fmt.Sprintf("%.2f times", ratio) }

// latencyGain is the change of the E2E p95 at today's rate as a clause.
func latencyGain(g serving.Comparison) string {
	switch {
	case g.E2EP95Reduction > 0.005:
		return fmt.Sprintf(", and answers are whole %.0f%% sooner at today's rate (p95)", 100*g.E2EP95Reduction)
	case g.E2EP95Reduction < -0.005:
		return fmt.Sprintf(", while answers take %.0f%% longer at today's rate (p95)", -100*g.E2EP95Reduction)
	}
	return ""
}

// atLeast are the lower bounds of a gain.
func atLeast(g serving.Comparison) string {
	return fmt.Sprintf("at least %s the rate, E2E p95 at least %.0f%% lower", times(g.ThroughputRatioLow), 100*g.E2EP95ReductionLow)
}

// sentence ends a reason with a stop.
func sentence(text string) string { return strings.TrimRight(text, ". ") + "." }

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
