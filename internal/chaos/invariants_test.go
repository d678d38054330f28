package chaos_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func config(flag string) serving.EngineConfig {
	return serving.EngineConfig{Engine: serving.VLLM, Model: "m", Flags: []serving.Flag{{Name: "--max-num-seqs", Value: flag}}}
}

// promoted is a run after which all is as it must be.
func promoted() chaos.Facts {
	old, now := config("16"), config("128")
	return chaos.Facts{
		Plan: chaos.Plan{Seed: 1, Scenario: chaos.Promotion}, Ended: true, Status: "Completed",
		Outcome: serving.OutcomePromoted, Recorded: serving.OutcomePromoted, RecordClosed: true,
		From: old.Key(), To: now.Key(), Registered: now.Key(), Replicas: 2, Weights: serving.AllStable(9),
		Running:   []serving.VariantStatus{{Variant: serving.Stable, Config: now, Endpoints: []string{"http://a", "http://b"}}},
		Processes: map[string]int{"stable": 2}, Routed: []string{"http://b", "http://a"},
		Accepted: map[string]int{"fleet.create": 1, "rollout.start": 1}, Audited: map[string]int{"fleet.create": 1, "rollout.start": 1},
	}
}

// rolledBack is one that went back.
func rolledBack() chaos.Facts {
	f := promoted()
	f.Outcome, f.Recorded, f.Registered = serving.OutcomeRolledBack, serving.OutcomeRolledBack, f.From
	f.Running[0].Config = config("16")
	return f
}

func TestBreaches_AllAsItMustBe_AreNone(t *testing.T) {
	t.Parallel()
	require.Empty(t, chaos.Breaches(promoted()))
	require.Empty(t, chaos.Breaches(rolledBack()))
	canceled := rolledBack()
	canceled.Status, canceled.Outcome, canceled.Recorded = "Canceled", "", serving.OutcomeCanceled
	require.Empty(t, chaos.Breaches(canceled))
	failed := rolledBack()
	failed.Status, failed.Outcome, failed.Recorded, failed.Failure = "Failed", "", serving.OutcomeFailed, "RunFailed"
	require.Empty(t, chaos.Breaches(failed), "a run that could not measure is an honest end")
	nothing := rolledBack()
	nothing.Outcome, nothing.Recorded, nothing.To = serving.OutcomeNoImprovement, serving.OutcomeNoImprovement, ""
	require.Empty(t, chaos.Breaches(nothing))
}

// Each invariant must be able to fail: a planted breach is found under its name.
func TestBreaches_PlantedBreach_IsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of    func() chaos.Facts
		plant func(*chaos.Facts)
		want  string
	}{
		"split": {promoted, func(f *chaos.Facts) {
			f.Weights = serving.Weights{Shares: []serving.Share{{Variant: serving.Stable, Percent: 50}, {Variant: serving.Canary, Percent: 50}}}
		}, "weights are all on stable"},
		"canary forgotten": {rolledBack, func(f *chaos.Facts) {
			f.Running = append(f.Running, serving.VariantStatus{Variant: serving.Canary, Endpoints: []string{"http://c"}})
		}, "nothing is left behind"},
		"process nobody knows":       {rolledBack, func(f *chaos.Facts) { f.Processes["staging"] = 1 }, "nothing is left behind"},
		"one process of stable more": {promoted, func(f *chaos.Facts) { f.Processes["stable"] = 3 }, "nothing is left behind"},
		"stable has lost a replica":  {promoted, func(f *chaos.Facts) { f.Running[0].Endpoints = f.Running[0].Endpoints[:1] }, "stable runs one configuration"},
		"half replaced": {promoted, func(f *chaos.Facts) {
			f.Running = append(f.Running, serving.VariantStatus{Variant: serving.Stable, Config: config("16")})
		}, "stable runs one configuration"},
		"something else runs":         {promoted, func(f *chaos.Facts) { f.Running[0].Config = config("77") }, "stable runs one configuration"},
		"record of before":            {promoted, func(f *chaos.Facts) { f.Registered = f.From }, "the record is what runs"},
		"router sends to the dead":    {promoted, func(f *chaos.Facts) { f.Routed = []string{"http://a", "http://dead"} }, "the router knows what runs"},
		"never ended":                 {promoted, func(f *chaos.Facts) { f.Ended = false }, "the run ends"},
		"could not be looked at":      {promoted, func(f *chaos.Facts) { f.Unseen = []string{"traffic: refused"} }, "all could be looked at"},
		"says promoted and is not":    {rolledBack, func(f *chaos.Facts) { f.Outcome, f.Recorded = serving.OutcomePromoted, serving.OutcomePromoted }, "the outcome is true"},
		"says rolled back and is not": {promoted, func(f *chaos.Facts) { f.Outcome, f.Recorded = serving.OutcomeRolledBack, serving.OutcomeRolledBack }, "the outcome is true"},
		"bad canary promoted":         {promoted, func(f *chaos.Facts) { f.Plan.Scenario = chaos.BadCanary }, "the outcome is true"},
		"could not go back":           {rolledBack, func(f *chaos.Facts) { f.Status, f.Outcome, f.Failure = "Failed", "", "RollbackFailed" }, "the outcome is true"},
		"terminated":                  {rolledBack, func(f *chaos.Facts) { f.Status, f.Outcome = "Terminated", "" }, "the outcome is true"},
		"completed without a word":    {rolledBack, func(f *chaos.Facts) { f.Outcome, f.Recorded = "", "" }, "the outcome is true"},
		"record open":                 {promoted, func(f *chaos.Facts) { f.RecordClosed = false }, "the record says the outcome"},
		"record says otherwise":       {promoted, func(f *chaos.Facts) { f.Recorded = serving.OutcomeRolledBack }, "the record says the outcome"},
		"request lost":                {promoted, func(f *chaos.Facts) { f.Lost = []chaos.Request{{Why: "status 502"}} }, "no request is lost"},
		"mutation not audited":        {promoted, func(f *chaos.Facts) { f.Audited["rollout.start"] = 0 }, "every mutation is audited"},
		"history does not replay":     {promoted, func(f *chaos.Facts) { f.Replays = []string{"rollout:x: nondeterministic"} }, "histories replay"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := c.of()
			c.plant(&f)
			var names []string
			for _, b := range chaos.Breaches(f) {
				names = append(names, b.Invariant)
				require.NotEmpty(t, b.Detail)
			}
			require.Contains(t, names, c.want)
		})
	}
}

func TestUnsettled_AreThoseOfTheStateAlone(t *testing.T) {
	t.Parallel()
	f := promoted()
	f.RecordClosed, f.Lost = false, []chaos.Request{{Why: "eof"}}
	require.Empty(t, chaos.Unsettled(f))
	f.Processes["canary"] = 1
	require.Len(t, chaos.Unsettled(f), 1)
}

func TestLost_OnlyWhatWasInFlightOnWhatWasHit_IsExcused(t *testing.T) {
	t.Parallel()
	at := func(ms int) time.Time { return time.UnixMilli(int64(1_000_000 + ms)) }
	dead := chaos.Outage{Cause: "kill engine of stable", From: at(1000), Hit: at(1000), Until: at(3000), Dead: true}
	frozen := chaos.Outage{Cause: "freeze engine of canary", From: at(10000), Until: at(12000)}
	for name, c := range map[string]struct {
		began, ended int
		excused      bool
	}{
		"in flight at the kill":              {900, 1010, true},
		"its connection dies in that moment": {1100, 1150, true},
		"after the kill":                     {1500, 1600, false},
		"over before the kill":               {800, 990, false},
		"while it is frozen":                 {11000, 11500, true},
		"over the freeze":                    {9000, 13000, true},
		"after the freeze":                   {12500, 12600, false},
		"long before":                        {10, 20, false},
	} {
		excused, lost := chaos.Lost([]chaos.Request{{Began: at(c.began), Ended: at(c.ended), Why: "eof"}}, []chaos.Outage{dead, frozen})
		require.Equal(t, c.excused, len(excused) == 1, name)
		require.Equal(t, !c.excused, len(lost) == 1, name)
	}
}
