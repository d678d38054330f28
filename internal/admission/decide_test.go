package admission_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/admission"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

var ttft = serving.Objective{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 1, WindowDays: 7}

// at is a time in November 2026, in UTC; the 20th is a Friday.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC)
}

// week are tallies of a week before a time, of which a share is bad.
func week(now time.Time, bad float64) []slo.Tally {
	var out []slo.Tally
	for h := range 7 * 24 {
		out = append(out, slo.Tally{Variant: serving.Stable, Indicator: slo.Indicator(ttft), Bucket: slo.Bucket{
			StartUnix: float64(now.Add(-time.Duration(h+1) * time.Hour).Unix()), Seconds: 3600, Good: 100 * (1 - bad), Bad: 100 * bad}})
	}
	return out
}

func decide(t *testing.T, f serving.Fleet, tallies []slo.Tally, now time.Time) admission.Decision {
	t.Helper()
	d, err := admission.Decide(f, tallies, now)
	require.NoError(t, err)
	return d
}

func TestDecide_BudgetLeftOrUnknown_Admits(t *testing.T) {
	t.Parallel()
	f := serving.Fleet{SLOs: []serving.Objective{ttft}}
	require.True(t, decide(t, f, week(at(20, 12, 0), 0.04), at(20, 12, 0)).Admitted)
	require.True(t, decide(t, f, nil, at(20, 12, 0)).Admitted, "a budget that is not known is not spent")
	require.True(t, decide(t, serving.Fleet{}, nil, at(20, 12, 0)).Admitted)
}

func TestDecide_BudgetSpent_SaysWhichAndUntilWhen(t *testing.T) {
	t.Parallel()
	now := at(20, 12, 0)
	d := decide(t, serving.Fleet{SLOs: []serving.Objective{ttft}}, week(now, 0.06), now)
	require.False(t, d.Admitted)
	require.Len(t, d.Reasons, 1)
	r := d.Reasons[0]
	require.Equal(t, admission.ErrorBudget, r.Kind)
	require.Equal(t, "ttft-p95", r.SLO)
	require.InDelta(t, -0.2, r.Remaining.Or(0), 0.02)
	require.Contains(t, r.Text, "the error budget of ttft-p95 is spent")
	require.NotNil(t, d.Until)
	require.True(t, d.Until.After(now))
}

func TestDecide_Advisory_IsAlwaysAdmitted(t *testing.T) {
	t.Parallel()
	f := serving.Fleet{SLOs: []serving.Objective{ttft}, Policy: serving.Policy{Advisory: true, Freeze: serving.Freeze{
		Windows: []serving.FreezeWindow{{From: at(1, 0, 0), To: at(30, 0, 0)}}}}}
	require.True(t, decide(t, f, week(at(20, 12, 0), 0.5), at(20, 12, 0)).Admitted)
}

func TestDecide_SpentAndFrozen_EndsWithTheLater(t *testing.T) {
	t.Parallel()
	now := at(20, 12, 0)
	f := serving.Fleet{SLOs: []serving.Objective{ttft}, Policy: serving.Policy{Freeze: serving.Freeze{
		Windows: []serving.FreezeWindow{{Name: "launch", From: at(20, 0, 0), To: now.AddDate(1, 0, 0)}}}}}
	d := decide(t, f, week(now, 0.06), now)
	require.Len(t, d.Reasons, 2)
	require.Equal(t, now.AddDate(1, 0, 0), *d.Until)
	require.Contains(t, d.Text(), "launch")
	_, err := json.Marshal(d)
	require.NoError(t, err)
}

func TestDecide_Freeze(t *testing.T) {
	t.Parallel()
	weekend := serving.Freeze{Weekly: []serving.WeeklyWindow{{Name: "weekend", Days: []string{"fri"}, From: "18:00", To: "24:00"}, {Days: []string{"sat", "sun"}, From: "00:00", To: "24:00"}}}
	night := serving.Freeze{Weekly: []serving.WeeklyWindow{{Name: "night", Days: []string{"fri"}, From: "22:00", To: "06:00"}}}
	hours := serving.Freeze{OnlyWithin: []serving.WeeklyWindow{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "09:00", To: "17:00"}}}
	berlin := hours
	berlin.TimeZone = "Europe/Berlin"
	for name, c := range map[string]struct {
		freeze serving.Freeze
		now    time.Time
		kind   admission.Kind
		until  time.Time
	}{
		"before a weekend":          {weekend, at(20, 17, 59), "", time.Time{}},
		"a whole weekend":           {weekend, at(20, 18, 0), admission.Frozen, at(23, 0, 0)},
		"after it":                  {weekend, at(23, 0, 0), "", time.Time{}},
		"a night, its second day":   {night, at(21, 5, 59), admission.Frozen, at(21, 6, 0)},
		"a night, over":             {night, at(21, 6, 0), "", time.Time{}},
		"within hours":              {hours, at(20, 9, 0), "", time.Time{}},
		"after hours on a Friday":   {hours, at(20, 17, 0), admission.OutsideHours, at(23, 9, 0)},
		"before hours":              {hours, at(19, 8, 0), admission.OutsideHours, at(19, 9, 0)},
		"hours of another place":    {berlin, at(20, 16, 30), admission.OutsideHours, at(23, 8, 0)},
		"hours of another place on": {berlin, at(20, 8, 0), "", time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := decide(t, serving.Fleet{Policy: serving.Policy{Freeze: c.freeze}}, nil, c.now)
			require.Equal(t, c.kind == "", d.Admitted)
			if c.kind != "" {
				require.Equal(t, c.kind, d.Reasons[0].Kind)
				require.Equal(t, c.until, *d.Until)
			}
		})
	}
}

func TestDecide_FrozenForEver_HasNoEnd(t *testing.T) {
	t.Parallel()
	always := serving.Freeze{Weekly: []serving.WeeklyWindow{{Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, From: "00:00", To: "24:00"}}}
	d := decide(t, serving.Fleet{Policy: serving.Policy{Freeze: always}}, nil, at(20, 12, 0))
	require.False(t, d.Admitted)
	require.Nil(t, d.Until)
}

func TestDecide_ClocksGoBack_TheWindowIsInLocalTime(t *testing.T) {
	t.Parallel()
	f := serving.Freeze{TimeZone: "Europe/Berlin", Weekly: []serving.WeeklyWindow{{Days: []string{"sun"}, From: "01:00", To: "04:00"}}}
	night := time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC) // 02:30 for the second time
	d := decide(t, serving.Fleet{Policy: serving.Policy{Freeze: f}}, nil, night)
	require.False(t, d.Admitted)
	require.Equal(t, time.Date(2026, 10, 25, 3, 0, 0, 0, time.UTC), *d.Until, "04:00 is UTC+1 again")
}

// Whatever the windows are: at the end that is told, nothing is frozen.
func TestDecide_AtItsEnd_ItIsOver(t *testing.T) {
	t.Parallel()
	days := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	clock := rapid.SampledFrom([]string{"00:00", "06:30", "09:00", "17:00", "23:59"})
	window := rapid.Custom(func(t *rapid.T) serving.WeeklyWindow {
		return serving.WeeklyWindow{Days: rapid.SliceOfNDistinct(rapid.SampledFrom(days), 1, 4, rapid.ID[string]).Draw(t, "days"),
			From: clock.Draw(t, "from"), To: clock.Draw(t, "to")}
	})
	rapid.Check(t, func(t *rapid.T) {
		f := serving.Fleet{Policy: serving.Policy{Freeze: serving.Freeze{TimeZone: rapid.SampledFrom([]string{"", "America/New_York"}).Draw(t, "zone"),
			Weekly: rapid.SliceOfN(window, 0, 2).Draw(t, "weekly"), OnlyWithin: rapid.SliceOfN(window, 0, 2).Draw(t, "within")}}}
		now := at(1, 0, 0).Add(time.Duration(rapid.IntRange(0, 30*24*60).Draw(t, "minute")) * time.Minute)
		d, err := admission.Decide(f, nil, now)
		require.NoError(t, err)
		if d.Admitted || d.Until == nil {
			return
		}
		require.True(t, d.Until.After(now))
		then, err := admission.Decide(f, nil, *d.Until)
		require.NoError(t, err)
		require.True(t, then.Admitted, "at %s: %s", d.Until, then.Text())
	})
}

func TestCheck_NamesFieldAndFix(t *testing.T) {
	t.Parallel()
	day := []string{"mon"}
	for field, f := range map[string]serving.Freeze{
		"time_zone: ":            {TimeZone: "Mars/Olympus"},
		"weekly[0].days: ":       {Weekly: []serving.WeeklyWindow{{From: "09:00", To: "10:00"}}},
		"only_within[1].days: ":  {OnlyWithin: []serving.WeeklyWindow{{Days: day, From: "09:00", To: "10:00"}, {Days: []string{"monday"}, From: "09:00", To: "10:00"}}},
		"weekly[0].from: ":       {Weekly: []serving.WeeklyWindow{{Days: day, From: "9", To: "10:00"}}},
		"weekly[0].to: ":         {Weekly: []serving.WeeklyWindow{{Days: day, From: "09:00", To: "25:00"}}},
		"windows[0].to: must be": {Windows: []serving.FreezeWindow{{From: at(2, 0, 0), To: at(1, 0, 0)}}},
	} {
		require.ErrorContains(t, admission.Check(f), field)
	}
	require.NoError(t, admission.Check(serving.Freeze{}))
	_, err := admission.Decide(serving.Fleet{Policy: serving.Policy{Freeze: serving.Freeze{TimeZone: "Mars/Olympus"}}}, nil, at(1, 0, 0))
	require.ErrorContains(t, err, "time_zone")
}
