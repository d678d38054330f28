package statistics_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/statistics"
)

func TestMeasure_AFewRounds_RepeatsExactlyAndHangsTogether(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("measures every claim twice")
	}
	const share = 0.01
	first, second := statistics.Measure(share), statistics.Measure(share)
	require.Equal(t, first, second, "fixed seeds")
	require.True(t, first.Simulated)
	seen, total := map[string]bool{}, 0
	for _, row := range first.Rows {
		key, err := json.Marshal([]any{row.Method, row.Data, row.Samples, row.Event})
		require.NoError(t, err)
		require.False(t, seen[string(key)], "claimed twice: %s", key)
		seen[string(key)] = true
		require.Positive(t, row.Rounds)
		require.LessOrEqual(t, row.Low, row.Rate+1e-9)
		require.GreaterOrEqual(t, row.High, row.Rate-1e-9)
		require.InDelta(t, float64(row.Hits)/float64(row.Rounds), row.Rate, 1e-12)
		require.Equal(t, row.AtMost == nil && row.AtLeast == nil, row.Outcome == statistics.Stated)
		if row.Outcome == statistics.Missed && row.AtMost != nil {
			require.Greater(t, row.Low, *row.AtMost, "a miss is beyond the noise of the rounds")
		}
	}
	for _, n := range first.Outcomes {
		total += n
	}
	require.Len(t, first.Rows, total)
}

func TestPrint_SaysWhatIsMetAndMissed(t *testing.T) {
	t.Parallel()
	goal := 0.05
	r := statistics.Report{Simulated: true, Outcomes: map[statistics.Outcome]int{statistics.Met: 1, statistics.Missed: 1},
		Rows: []statistics.Row{
			{Method: "Wilson", Data: "2% fail", Samples: 50, Event: "true rate outside", Rounds: 100, Hits: 20, Rate: 0.2, Low: 0.13, High: 0.29, AtMost: &goal, Outcome: statistics.Missed},
			{Method: "Fisher", Data: "2% fail", Samples: 50, Event: "rise seen", Rounds: 100, Hits: 1, Rate: 0.01, Low: 0, High: 0.05, AtMost: &goal, Outcome: statistics.Met},
		}}
	var out bytes.Buffer
	require.NoError(t, r.Print(&out))
	require.Regexp(t, `Wilson +2% fail +50 +true rate outside +20\.0% +13\.0-29\.0% +at most 5% +missed`, out.String())
	require.Contains(t, out.String(), "2 claims: 1 met, 0 within the noise of the rounds, 1 missed, 0 without a goal")
}
