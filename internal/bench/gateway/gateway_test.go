package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/gateway"
	"github.com/optiinfra/performance-agent/internal/bench/self"
	"github.com/optiinfra/performance-agent/internal/bench/vegeta"
)

func point(perSecond, p50, cpu float64) gateway.Point {
	return gateway.Point{Report: vegeta.Report{GoodPerSecond: perSecond, SentPerSecond: perSecond, P50Seconds: p50, P99Seconds: 2 * p50}, CPUMicros: cpu}
}

func TestOpenRate_IsFarBelowTheSlowestWay(t *testing.T) {
	t.Parallel()
	require.Equal(t, 300, gateway.OpenRate(map[string][]gateway.Point{"a": {point(1000, 0, 0), point(1000, 0, 0)}, "b": {point(5000, 0, 0)}}))
	require.Equal(t, 1, gateway.OpenRate(map[string][]gateway.Point{"a": {point(0.1, 0, 0)}}))
}

func TestReport_MediansOfRounds_AndWhatAWayAdds(t *testing.T) {
	t.Parallel()
	traffic := gateway.Traffic{Name: "whole answers",
		Closed: map[string][]gateway.Point{gateway.Ours: {point(900, 0, 50), point(1100, 0, 70), point(100, 0, 900)}},
		Open: map[string][]gateway.Point{gateway.Direct: {point(10, 0.002, 0), point(10, 0.004, 0)},
			gateway.Ours: {point(10, 0.006, 0), point(10, 0.006, 0), {Report: vegeta.Report{P50Seconds: 1, P99Seconds: 1, Errors: 3}}}}}
	r := gateway.ReportOf([]gateway.Traffic{traffic})
	require.Len(t, r.Rows, 3)
	direct, ours := r.Rows[0], r.Rows[1]
	require.Equal(t, gateway.Direct, direct.Way)
	require.InDelta(t, 1, direct.RatioP50, 1e-9)
	require.Zero(t, direct.AddedP50Seconds)
	require.Equal(t, 900.0, ours.MaxPerSecond)
	require.Equal(t, 70.0, ours.CPUMicros)
	require.InDelta(t, 0.003, ours.AddedP50Seconds, 1e-9)
	require.InDelta(t, 0.006, ours.AddedP99Seconds, 1e-9)
	require.InDelta(t, 2, ours.RatioP50, 1e-9)
	require.Equal(t, 3, ours.Errors)
	var out strings.Builder
	require.NoError(t, r.Print(&out))
	require.Regexp(t, `our gateway\s+900\s+70\s+10\s+6\.00\s+12\.00\s+3\.00\s+6\.00\s+2\.000\s+3`, out.String())
}

func TestUpstream_AnswersWhole_AndInTokens(t *testing.T) {
	t.Parallel()
	for path, parts := range map[string]int{gateway.PathWhole: 1, gateway.PathFast: gateway.Tokens + 1} {
		var raw bytes.Buffer
		require.NoError(t, gateway.Answer(&raw, path))
		got, err := http.ReadResponse(bufio.NewReader(&raw), nil)
		require.NoError(t, err)
		body, err := io.ReadAll(got.Body)
		require.NoError(t, err)
		require.NoError(t, got.Body.Close())
		if path == gateway.PathWhole {
			require.Contains(t, string(body), "completion_tokens")
			continue
		}
		require.Equal(t, parts, strings.Count(string(body), "data: "))
	}
}

// The roles are processes of the bench; here each runs in the test until it is told
// to end.
func TestRoles_SayWhereTheyServe_AndEndWithTheirContext(t *testing.T) {
	t.Parallel()
	for name, role := range gateway.Roles() {
		ctx, stop := context.WithCancel(t.Context())
		said, ended := make(chan string, 1), make(chan error, 1)
		go func() { ended <- role(ctx, writer(said)) }()
		select {
		case line := <-said:
			require.Contains(t, line, "http://127.0.0.1:", name)
			answer, err := http.Post(strings.Fields(line)[0]+gateway.PathWhole, "application/json", strings.NewReader("{}"))
			require.NoError(t, err, name)
			require.NoError(t, answer.Body.Close())
		case <-time.After(time.Minute):
			require.Fail(t, "it does not say where it serves", name)
		}
		stop()
		require.NoError(t, <-ended, name)
	}
	require.Empty(t, self.Role())
}

type writer chan string

func (w writer) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}
