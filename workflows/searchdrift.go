package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// maxDrift is how far apart two measurements of the present configuration may be
// at least: a tenth is the resolution of a ladder, and what is beyond it is not
// the search's own coarseness.
const maxDrift = 0.1

// recheck measures the present configuration once more after the winner. If it
// is no longer what it was, the machine changed during the search, and with it
// every comparison; and the gain must stand against the second measurement too.
func (o *optimize) recheck(ctx workflow.Context, winner serving.Trial) *ending {
	if workflow.GetVersion(ctx, changeDrift, workflow.DefaultVersion, 1) < 1 {
		return nil
	}
	first := o.status.Trials[0]
	again, end := o.try(ctx, first.Candidate, purposeBaselineAgain)
	if end != nil {
		return end
	}
	drift := driftOf(first, again)
	o.record.Drift = &drift
	if drift.Gap > maxDrift {
		return &ending{outcome: serving.OutcomeNoImprovement,
			reason: "inconclusive, since the measurements are not comparable: " + drift.Reason}
	}
	comparison, accepted, why := o.accept(again, winner)
	if !accepted {
		return &ending{outcome: serving.OutcomeNoImprovement,
			reason: fmt.Sprintf("the gain of %s did not show against the second measurement of the present configuration: %s", winner.Candidate.Name, why)}
	}
	gain := weaker(*o.status.Gain, comparison)
	o.status.Gain, o.record.Gain = &gain, &gain
	return nil
}

// driftOf compares two measurements of one configuration. Each limit is a
// bracket, from the highest rate that passed to the lowest that failed; the gap
// is how far apart the nearest rates are that both brackets allow.
func driftOf(first, again serving.Trial) serving.Drift {
	if again.Status != serving.TrialMeasured {
		return serving.Drift{First: first.Result.MaxGood, Gap: 1, Bound: maxDrift,
			Reason: "the present configuration could not be measured a second time: " + again.Reason}
	}
	d := serving.Drift{First: first.Result.MaxGood, Again: again.Result.MaxGood, Bound: maxDrift}
	d.Gap = max(gap(first.Result, again.Result), gap(again.Result, first.Result))
	d.Reason = fmt.Sprintf("the present configuration kept the SLOs up to %.2f req/s at the start and up to %.2f req/s at the end (at least %.0f%% apart; bound %.0f%%)",
		d.First, d.Again, 100*d.Gap, 100*maxDrift)
	return d
}

// gap is by which part low's bracket ends below the beginning of high's, 0 when
// they overlap or low never failed.
func gap(low, high serving.LadderResult) float64 {
	bad, failed := low.MinBad.Get()
	if !failed || bad >= high.MaxGood || high.MaxGood <= 0 {
		return 0
	}
	return 1 - max(bad, low.MaxGood)/high.MaxGood
}
