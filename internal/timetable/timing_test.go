package timetable_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/timetable"
)

func cron(expression string) serving.Timing {
	return timetable.WithDefaults(serving.Timing{Cron: expression})
}

func TestCheck_GoodCron_Passes(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"0 3 * * *", "*/15 * * * *", "30 2 * * 1-5", "30 2 * * MON-FRI", "0 0 1,15 * *", "5/10 8-18/2 * jan,jul *",
		"0 0 29 2 *", "0 0 31 1 *", "0 0 31 * *", "59 23 * * 7", "0 4 * * sun", "@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"} {
		require.NoError(t, timetable.Check(cron(good)), good)
	}
}

func TestCheck_BadCron_NamesTheFieldAndTheFix(t *testing.T) {
	t.Parallel()
	for bad, want := range map[string]string{
		"60 3 * * *":              `minute has "60"; use numbers within 0..59`,
		"0 24 * * *":              `hour has "24"; use numbers within 0..23`,
		"0 0 0 * *":               `day of month has "0"; use numbers within 1..31`,
		"0 0 * 13 *":              `month has "13"`,
		"0 0 * * 8":               `day of week has "8"`,
		"0 0 * foo *":             `month has "foo"`,
		"0 +3 * * *":              `hour has "+3"`,
		"0 -3 * * *":              `hour has ""`,
		"0, 3 * * *":              `minute has ""`,
		"*/0 * * * *":             `minute has the step "0"; a step is a number from 1`,
		"*/x * * * *":             `minute has the step "x"`,
		"0 18-8 * * *":            "hour has the range 18-8, which runs backwards; write two ranges",
		"0 3 * *":                 "has 4 fields instead of five; write minute hour",
		"0 0 3 * * *":             "has 6 fields instead of five",
		"CRON_TZ=UTC 0 3 * * *":   "a time zone does not belong here; name it in time_zone",
		"@every 1h":               "@every is an interval; use interval_seconds",
		"@reboot":                 "is no word that cron knows; use one of @hourly",
		"0 0 1 * 1":               "restricts day of month and day of week",
		"0 0 31 2 *":              "no month of those has a day 31; name a day that comes",
		"0 0 31 4,6 *":            "no month of those has a day 31",
		strings.Repeat("9", 9999): "has 1 fields",
	} {
		err := timetable.Check(cron(bad))
		require.ErrorContains(t, err, want, bad)
		require.True(t, strings.HasPrefix(err.Error(), "cron: "), err)
		require.Less(t, len(err.Error()), 250, "it does not repeat the whole")
	}
}

func TestCheck_TheRest_NamesTheField(t *testing.T) {
	t.Parallel()
	early, late := time.Unix(1_800_000_000, 0), time.Unix(1_900_000_000, 0)
	for want, timing := range map[string]serving.Timing{
		"cron: neither":                  {},
		"cron: stands beside":            {Cron: "0 3 * * *", IntervalSeconds: 3600},
		"interval_seconds: 59 is out":    {IntervalSeconds: 59},
		"interval_seconds: 99999999 is":  {IntervalSeconds: 99999999},
		"interval_seconds: -60 is out":   {IntervalSeconds: -60},
		"jitter_seconds: -1 is out":      {Cron: "0 3 * * *", JitterSeconds: -1},
		"jitter_seconds: 86401 is out":   {Cron: "0 3 * * *", JitterSeconds: 86401},
		"jitter_seconds: is not below":   {IntervalSeconds: 60, JitterSeconds: 60},
		"catch_up_seconds: 9 is out":     {Cron: "0 3 * * *", CatchUpSeconds: 9},
		"catch_up_seconds: 604801 is":    {Cron: "0 3 * * *", CatchUpSeconds: 604801},
		"end_at: is not after start_at;": {Cron: "0 3 * * *", StartAt: &late, EndAt: &early},
	} {
		require.ErrorContains(t, timetable.Check(timetable.WithDefaults(timing)), want)
	}
	require.NoError(t, timetable.Check(timetable.WithDefaults(serving.Timing{IntervalSeconds: 3600, JitterSeconds: 60, StartAt: &early, EndAt: &late})))
}

func TestWithDefaults_FillsInOnlyWhatWasNotSaid(t *testing.T) {
	t.Parallel()
	got := timetable.WithDefaults(serving.Timing{Cron: "@daily"})
	require.Equal(t, serving.Timing{Cron: "@daily", TimeZone: "UTC", CatchUpSeconds: timetable.DefaultCatchUp}, got)
	said := serving.Timing{Cron: "@daily", TimeZone: "Europe/Berlin", CatchUpSeconds: 30}
	require.Equal(t, said, timetable.WithDefaults(said))
}

func TestOver_FromTheEndOn(t *testing.T) {
	t.Parallel()
	end := time.Unix(1_800_000_000, 0)
	timing := serving.Timing{EndAt: &end}
	require.False(t, timetable.Over(timing, end.Add(-time.Second)))
	require.True(t, timetable.Over(timing, end))
	require.False(t, timetable.Over(serving.Timing{}, end))
}
