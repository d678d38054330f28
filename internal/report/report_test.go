package report_test

import (
	"bytes"
	"encoding/json"
	"html"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/report"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestOf_Promoted_TellsWhatWonAndThatProductionRunsIt(t *testing.T) {
	t.Parallel()
	r := report.Of(promoted())
	require.Equal(t, "Improved and promoted: 2.50 times the rate within the objectives, and answers are whole 40% sooner at today's rate (p95).", r.Headline)
	require.Equal(t, "Production runs the new configuration since 24 Nov 2026, 13:10 UTC.", r.Production)
	require.Contains(t, r.Decision.Text, "batching won")
	require.Contains(t, r.Decision.Text, "at least 2.10 times the rate, E2E p95 at least 30% lower")
	require.Equal(t, 4, r.Decision.Trial, "the hold-out, from which the record has its figures")
	require.InDelta(t, 600, r.Seconds, 0)
	require.True(t, r.Change.Shipped)
	require.False(t, r.Setting.Simulated)
	require.Equal(t, "0.20.1", r.Setting.Version)
}

func TestOf_Compared_HasBothSidesWithTheirBounds(t *testing.T) {
	t.Parallel()
	c := report.Of(promoted()).Compared
	require.True(t, c.Won)
	rate := c.Rows[0]
	require.Equal(t, []float64{4, 4, 4.8, 10, 10, 12}, []float64{rate.Before.Or(0), rate.BeforeLow.Or(0), rate.BeforeHigh.Or(0), rate.After.Or(0), rate.AfterLow.Or(0), rate.AfterHigh.Or(0)})
	require.InDelta(t, 2.5, rate.Ratio.Or(0), 1e-9)
	ttft := c.Rows[2]
	require.Equal(t, "Time to first token p95, at today's rate", ttft.Name)
	require.InDelta(t, 0.099, ttft.AfterLow.Or(0), 1e-9)
	require.Len(t, c.After.Rungs, 3)
	require.Equal(t, "ttft-p95 over 120 requests", c.After.Rungs[1].Why)
}

func TestOf_ACandidateThatFailedAtNoRate_IsALowerBound(t *testing.T) {
	t.Parallel()
	f := promoted(func(f *report.Facts) { f.Trials[3].Result.MinBad = serving.Unknown() })
	r := report.Of(f)
	require.False(t, r.Compared.Rows[0].AfterHigh.IsKnown())
	require.Contains(t, strings.Join(r.Caveats, " "), "lower bound")
	text := page(t, f)
	require.Contains(t, text, "10.0 or more")
	require.Contains(t, text, "at least 10.0")
}

func TestOf_LatenciesOfTooFewSamples_HaveNoBounds(t *testing.T) {
	t.Parallel()
	f := promoted(func(f *report.Facts) {
		l := &f.Trials[0].Result.Reference.TTFT
		l.P95Low, l.P95High = l.P95Seconds, l.P95Seconds
		f.Trials[0].Result.Reference.E2E.Count = 12
	})
	r := report.Of(f)
	require.False(t, r.Compared.Rows[2].BeforeLow.IsKnown())
	require.Contains(t, strings.Join(r.Caveats, " "), "as few as 12 requests")
}

func TestOf_EachEnding_SaysWhatItIsAndWhatProductionHas(t *testing.T) {
	t.Parallel()
	noRollout := func(o serving.Outcome) func(*report.Facts) {
		return func(f *report.Facts) {
			f.Run.Outcome, f.Run.RolloutID, f.Rollout, f.Stages, f.Fleet.Config = o, "", nil, nil, present()
		}
	}
	noWinner := func(f *report.Facts) { f.Run.Winner, f.Run.Gain = nil, nil }
	for _, c := range []struct {
		name, head, production string
		change                 []func(*report.Facts)
	}{
		{"running", "not over (trialing)", "Production was not touched.", []func(*report.Facts){noRollout(""), noWinner, func(f *report.Facts) { f.Run.ClosedAt, f.Run.Phase = nil, "trialing" }}},
		{"rolling out", "not over (rolling out)", "25% of production traffic is on the new", []func(*report.Facts){func(f *report.Facts) {
			f.Run.ClosedAt, f.Run.Phase, f.Run.Outcome, f.Rollout.ClosedAt, f.Rollout.Outcome, f.Rollout.Weight = nil, "rolling-out", "", nil, "", 25
		}}},
		{"rolled back", "Rolled back", "All traffic is on the old configuration; the router was read back at 13:08:22 UTC on 24 Nov 2026, 2.0 s after the breach was detected.", []func(*report.Facts){rolledBack}},
		{"no improvement", "No improvement: of 4 trials none was clearly better", "Production was not touched.", []func(*report.Facts){noRollout(serving.OutcomeNoImprovement), noWinner}},
		{"infeasible", "The objectives cannot be kept", "Production was not touched.", []func(*report.Facts){noRollout(serving.OutcomeInfeasible), noWinner}},
		{"advised", "Advice only: --max-num-seqs 16 -> 256, without --enforce-eager is proven", "Production was not touched.", []func(*report.Facts){noRollout(serving.OutcomeAdvised)}},
		{"rejected", "nobody let it go", "Production was not touched.", []func(*report.Facts){noRollout(serving.OutcomeRejected)}},
		{"refused", "budget is spent or changes are frozen", "Production was not touched.", []func(*report.Facts){noRollout(serving.OutcomeRefused)}},
		{"canceled", "Canceled before it could finish", "Production was not touched.", []func(*report.Facts){noRollout(serving.OutcomeCanceled), noWinner}},
		{"failed", "The run failed and proves nothing", "Production was not touched.", []func(*report.Facts){noRollout(serving.OutcomeFailed), noWinner}},
		{"lost rollout", "Improved and promoted", "what production runs is not known here", []func(*report.Facts){func(f *report.Facts) { f.Rollout = nil }}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := promoted(c.change...)
			r := report.Of(f)
			require.Contains(t, r.Headline, c.head)
			require.Contains(t, r.Production, c.production)
			require.False(t, r.Alarm)
			text := html.UnescapeString(page(t, f))
			require.Contains(t, text, c.head)
			require.Contains(t, text, c.production)
		})
	}
}

func rolledBack(f *report.Facts) {
	f.Run.Outcome, f.Rollout.Outcome = serving.OutcomeRolledBack, serving.OutcomeRolledBack
	f.Rollout.Violation = &serving.Violation{SLO: "ttft-p95", Variant: serving.Canary, Reason: "p95 0.9 s", DetectedUnix: float64(after(500).Unix())}
	f.Rollout.RestoredAt, f.Fleet.Config = at(502), present()
	f.Stages[1] = stage(100, serving.VerdictFail, 500)
}

func TestOf_RolledBack_NeedsNoUndo_AndShowsTheBreach(t *testing.T) {
	t.Parallel()
	f := promoted(rolledBack)
	r := report.Of(f)
	require.False(t, r.Change.Shipped)
	require.Empty(t, r.Change.Undo.Commands)
	require.Contains(t, r.Change.Undo.Text, "production runs the old configuration")
	require.Contains(t, page(t, f), "p95 0.9 s")
}

func TestOf_AWayBackThatFailed_IsAnAlarm(t *testing.T) {
	t.Parallel()
	f := promoted(rolledBack, func(f *report.Facts) {
		f.Rollout.Reason, f.Rollout.RestoredAt = "ROLLBACK FAILED: the router does not answer", nil
	})
	r := report.Of(f)
	require.True(t, r.Alarm)
	require.Contains(t, r.Headline, "somebody must look at production now")
	require.Contains(t, r.Production, "the router does not answer")
	require.Len(t, r.Change.Undo.Commands, 2)
	require.Contains(t, page(t, f), `class="notice bad"`)
}

func TestOf_WithoutAWinner_TheBestOtherIsShownAndCalledNotChosen(t *testing.T) {
	t.Parallel()
	f := promoted(func(f *report.Facts) {
		f.Run.Winner, f.Run.Gain, f.Run.Outcome, f.Rollout, f.Run.RolloutID = nil, nil, serving.OutcomeNoImprovement, nil, ""
	})
	r := report.Of(f)
	require.False(t, r.Compared.Won)
	require.Nil(t, r.Compared.Gain)
	require.Nil(t, r.Change)
	require.Equal(t, 2, r.Compared.After.Trial)
	require.Contains(t, r.Tried[1].Verdict, "not chosen")
	require.Contains(t, page(t, f), "It was not chosen, and production does not run it.")
}

func TestOf_TrialThatFailed_SaysWhy_AndIsNoComparison(t *testing.T) {
	t.Parallel()
	r := report.Of(promoted(func(f *report.Facts) {
		f.Trials = f.Trials[:2]
		f.Trials[1].Status, f.Trials[1].Reason, f.Run.Winner, f.Run.Gain = serving.TrialFailed, "out of memory", nil, nil
	}))
	require.Equal(t, "Failed: out of memory", r.Tried[1].Verdict)
	require.Nil(t, r.Compared)
}

func TestOf_Budget_CountsOnlyTheRunsTime_OfAllProductionVariants(t *testing.T) {
	t.Parallel()
	b := report.Of(promoted()).Budgets[0]
	require.InDelta(t, 100, b.Good, 0)
	require.InDelta(t, 10, b.Bad, 0)
	require.InDelta(t, 10.0/110, b.Missed.Or(0), 1e-9)
	require.InDelta(t, 0.05, b.Share, 1e-9)
	require.InDelta(t, 1, b.Before.Or(0), 1e-9, "nothing was bad before the run")
	require.Less(t, b.After.Or(1), 1.0)
	require.Positive(t, b.After.Or(0), "what came after the run does not count")
	require.Len(t, b.Series, 1)
}

func TestOf_FleetThatNobodyWatched_HasNoBudgetFigures(t *testing.T) {
	t.Parallel()
	f := promoted(func(f *report.Facts) { f.Tallies = nil })
	require.False(t, report.Of(f).Budgets[0].Missed.IsKnown())
	require.Contains(t, page(t, f), "the fleet was not watched")
}

func TestOf_Undo_IsARolloutOfTheReverse(t *testing.T) {
	t.Parallel()
	u := report.Of(promoted()).Change.Undo
	require.Len(t, u.Commands, 1)
	line := u.Commands[0].Line
	require.True(t, strings.HasPrefix(line, "curl -s -X POST http://agent:8002/api/v1/fleets/chat/rollouts -H "), line)
	_, quoted, _ := strings.Cut(line, "-d '")
	var body struct{ Changes []serving.FlagChange }
	require.NoError(t, json.Unmarshal([]byte(strings.TrimSuffix(quoted, "'")), &body))
	require.Equal(t, serving.Diff(better(), present()), body.Changes)
}

func TestOf_AnAddressThatAShellWouldObey_IsQuoted(t *testing.T) {
	t.Parallel()
	f := promoted(func(f *report.Facts) { f.API = "http://x;rm -rf ~/'" })
	require.Contains(t, report.Of(f).Change.Undo.Commands[0].Line, `'http://x;rm -rf ~/'\''/fleets/chat/rollouts'`)
}

func TestOf_AFleetThatChangedSince_IsToldBeforeTheWayBack(t *testing.T) {
	t.Parallel()
	u := report.Of(promoted(func(f *report.Facts) { f.Fleet.Config = better().With("--x", "1") })).Change.Undo
	require.Contains(t, u.Text, "changed again since")
	require.Len(t, u.Commands, 2)
}

func TestOf_Cost_IsOnlyKnownWithAPrice(t *testing.T) {
	t.Parallel()
	r := report.Of(promoted())
	require.False(t, r.Cost.Known)
	require.Contains(t, r.Cost.Text, "gpu_price_per_hour")
	f := promoted(func(f *report.Facts) {
		f.Run.Baseline.CostPerMillionTokens, f.Run.Winner.CostPerMillionTokens = 1.5, 0.6
	})
	require.Equal(t, 0.6, report.Of(f).Cost.After)
	require.Contains(t, page(t, f), "Cost of a million output tokens")
}

func TestOf_SimulatedEngines_AreCalledSimulated(t *testing.T) {
	t.Parallel()
	f := promoted(func(f *report.Facts) { f.Analysis.Snapshot.Revealed = serving.RevealSimulated(true) })
	require.True(t, report.Of(f).Setting.Simulated)
	require.Contains(t, page(t, f), "none is a measurement of a real GPU")
	require.NotContains(t, page(t, promoted()), "imulat")
}

func TestOf_ARunThatHasOnlyBegun_HasAPage(t *testing.T) {
	t.Parallel()
	f := report.Facts{Run: serving.RunRecord{ID: "r", Fleet: "chat", Phase: "starting", StartedAt: began}, Now: after(3)}
	text := page(t, f)
	require.Contains(t, text, "This run is not over (starting)")
	require.Contains(t, text, "Nothing was tried yet.")
	require.NotContains(t, text, "&lt;no value&gt;")
}

// The page is written from the data alone: what a reader of report.json has is
// enough for the same page.
func TestRender_OfTheJSON_IsTheSamePage(t *testing.T) {
	t.Parallel()
	whole := report.Of(promoted())
	text, err := json.Marshal(whole)
	require.NoError(t, err)
	var read report.Report
	require.NoError(t, json.Unmarshal(text, &read))
	r, err := report.NewRenderer()
	require.NoError(t, err)
	var a, b bytes.Buffer
	require.NoError(t, r.Render(&a, whole))
	require.NoError(t, r.Render(&b, read))
	require.Equal(t, a.String(), b.String())
}

func TestRender_TextOfRecords_CannotBecomeMarkup(t *testing.T) {
	t.Parallel()
	evil := `</title><script>alert(1)</script>`
	text := page(t, promoted(func(f *report.Facts) {
		f.Run.Reason, f.Run.Findings[0].Summary, f.Trials[1].Why, f.Story[0].Message = evil, evil, evil, evil
		f.Run.Winner.Name, f.Fleet.SLOs[0].Name, f.Stages[0].Judgement.Sentence, f.Rollout.Reason = evil, evil, evil, evil
	}))
	require.NotContains(t, text, "<script>alert")
	require.Equal(t, 1, strings.Count(text, "<script>"))
}

func TestRender_LoadsNothing(t *testing.T) {
	t.Parallel()
	text := page(t, promoted())
	require.NotRegexp(t, `src=|<link[^>]+stylesheet|@import|url\(`, text)
	require.NotContains(t, text, ` style="`, "the policy would not obey it")
}
