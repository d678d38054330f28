package scale_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/scale"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/provision/kinds"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

type writer chan string

func (w writer) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

// The simulated fleets are read by the product's own adapters: nothing deviates from
// the record, and an objective breaks when the fleet is told to break.
func TestFleets_AreWhatTheirRecordSays_UntilTheyBreak(t *testing.T) {
	t.Setenv("WEBHOOK_BENCH_KEY", "bench")
	ctx, stop := context.WithCancel(t.Context())
	said, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- scale.ServeFleets(ctx, writer(said), 2) }()
	addresses := strings.Fields(<-said)
	require.Len(t, addresses, 3)
	fleet := scale.RecordOf(1, addresses[2])
	web := &http.Client{Timeout: time.Minute}

	traffic, err := router.NewGatewayClient(web).Traffic(ctx, fleet)
	require.NoError(t, err)
	running, err := kinds.Provisioners(provision.ProcessOptions{StateDir: t.TempDir()}, known.Engines(), web).Describe(ctx, fleet)
	require.NoError(t, err)
	require.Len(t, running[0].Endpoints, scale.Replicas)
	require.Empty(t, fleet.Deviations(serving.Observed{Traffic: traffic, Running: running, Described: true}, serving.Ownership{}))
	reading, err := scrape.New(web, known.Engines()).Read(ctx, fleet, running[0].Endpoints[0])
	require.NoError(t, err)
	require.Equal(t, serving.Known(8), reading.Running)
	_, err = router.NewGatewayClient(web).Counters(ctx, fleet)
	require.NoError(t, err)

	breached := func() bool {
		arms, err := router.NewGatewayClient(web).Observe(ctx, fleet, 100, 115)
		require.NoError(t, err)
		return slo.Evaluate(fleet.SLOs, arms[0], fleet.Name, serving.Stable, 10)[0].Breached
	}
	require.False(t, breached())
	for path, status := range map[string]int{"/break/1": http.StatusOK, "/break/2": http.StatusNotFound} {
		answer, err := web.Post(addresses[0]+path, "", nil)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, status, answer.StatusCode)
	}
	require.True(t, breached())
	stop()
	require.NoError(t, <-ended)
}

func TestReport_AStraightLineIsOne_AndTheExtrapolationShowsItsArithmetic(t *testing.T) {
	t.Parallel()
	var steps []scale.Step
	for _, n := range []int{250, 500, 1000} {
		steps = append(steps, scale.StepOf(n, 100, 100*(0.05+0.001*float64(n)), int64(10*n), 2*n))
	}
	r := scale.ReportOf(scale.Load{Fleets: 1000, Breaks: 3}, steps, []float64{9, 4})
	require.InDelta(t, 0.001, r.CPU.PerFleet, 1e-9)
	require.InDelta(t, 0.05, r.CPU.Base, 1e-9)
	require.InDelta(t, 1, r.CPU.R2, 1e-9)
	require.InDelta(t, 360, r.Events.PerFleet, 1e-6)
	require.InDelta(t, 72, r.Rows.PerFleet, 1e-6)
	require.Equal(t, 1.0, r.RSS.R2, "a figure that does not grow is a line")
	worst, all := r.Worst()
	require.Equal(t, 9.0, worst)
	require.False(t, all, "one was never noticed")
	require.Contains(t, r.Extrapolation(), "10000 fleets / 1000 a worker = 10 workers, each 0.05 + 0.00100 x 1000 = 1.05 processors")
	var out strings.Builder
	require.NoError(t, r.Print(&out))
	require.Contains(t, out.String(), "noticed 2 of 3 breaks at 1000 fleets, worst after 9.0 s")
	require.Contains(t, out.String(), "extrapolated, not measured")
	require.Contains(t, out.String(), "a monitor's round takes 300 s and a step was shorter")
	require.False(t, r.EventsWhole())
	require.True(t, scale.Report{Steps: []scale.Step{{Seconds: 300}}}.EventsWhole())
}

func TestReport_WhatBendsIsNoLine(t *testing.T) {
	t.Parallel()
	steps := []scale.Step{{Fleets: 1, CPUShare: 1}, {Fleets: 2, CPUShare: 0}, {Fleets: 3, CPUShare: 1}}
	require.Less(t, scale.ReportOf(scale.Load{}, steps, nil).CPU.R2, 0.1)
	require.Zero(t, scale.ReportOf(scale.Load{}, nil, nil).CPU)
	_, all := scale.Report{}.Worst()
	require.True(t, all)
}
