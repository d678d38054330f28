package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/api"
	"github.com/optiinfra/performance-agent/internal/bench/vegeta"
)

func measured(t *testing.T) api.Report {
	t.Helper()
	reads := vegeta.Report{Requests: 30000, SentPerSecond: 999.9, P95Seconds: .009, P99Seconds: .03, Errors: 10}
	starts := vegeta.Report{Requests: 500, SentPerSecond: 50, Statuses: map[string]int{"202": 500}}
	return api.Report{Database: "SQLite", Reads: reads, Control: vegeta.Report{P95Seconds: .007}, Starts: starts, GoalP95: .02, Kept: api.Kept{Accepted: 500, Workflows: 500, Records: 500}}
}

func TestReport_MissedGoals_AreTold(t *testing.T) {
	t.Parallel()
	good := measured(t)
	good.Reads.Errors = 0
	require.Empty(t, api.Judge(good).Missed)
	for name, spoil := range map[string]func(*api.Report){
		"p95":             func(r *api.Report) { r.Reads.P95Seconds = .02 },
		"requests failed": func(r *api.Report) { r.Reads.Errors = 1 },
		"were sent":       func(r *api.Report) { r.Reads.SentPerSecond = 900 },
		"starts":          func(r *api.Report) { r.Starts.Errors = 1 },
		"499 are in":      func(r *api.Report) { r.Kept.Workflows = 499 },
		"498 in":          func(r *api.Report) { r.Kept.Records = 498 },
	} {
		bad := good
		spoil(&bad)
		missed := api.Judge(bad).Missed
		require.Len(t, missed, 1, name)
		require.Contains(t, missed[0], name)
		var table strings.Builder
		bad = api.Judge(bad)
		api.Print(&table, bad)
		require.Contains(t, table.String(), "MISSED "+missed[0])
		require.NotContains(t, table.String(), "all goals met")
		require.Contains(t, table.String(), "7.0 ms", "the control is shown beside it")
	}
}
