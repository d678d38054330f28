package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/api"
)

// told is a report as vegeta writes it.
const told = `{"latencies":{"50th":1500000,"95th":9000000,"99th":30000000,"max":80000000},"requests":30000,"rate":999.9,
"status_codes":{"200":29990,"503":8,"0":2},"errors":["503 Service Unavailable"]}`

func measured(t *testing.T) api.Report {
	t.Helper()
	reads, err := api.ReadAttack([]byte(told))
	require.NoError(t, err)
	starts := api.Attack{Requests: 500, SentPerSecond: 50, Statuses: map[string]int{"202": 500}}
	return api.Report{Database: "SQLite", Reads: reads, Control: api.Attack{P95Seconds: .007}, Starts: starts, GoalP95: .02, Kept: api.Kept{Accepted: 500, Workflows: 500, Records: 500}}
}

func TestReadAttack_CountsEverythingThatIsNoSuccess(t *testing.T) {
	t.Parallel()
	reads := measured(t).Reads
	require.Equal(t, 10, reads.Errors, "refused and unanswered alike")
	require.InDelta(t, .009, reads.P95Seconds, 1e-12)
	require.InDelta(t, .03, reads.P99Seconds, 1e-12)
	_, err := api.ReadAttack([]byte("no report"))
	require.Error(t, err)
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
