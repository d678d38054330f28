package activities_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// unsampled is a router that keeps no samples, in front of one replica of stable.
func unsampled(perLook serving.ArmCounters) *production {
	return &production{unsampled: true, perLook: perLook,
		variants: []serving.VariantStatus{{Variant: serving.Stable, Endpoints: []string{"http://a"}}},
		counters: []serving.ArmCounters{{Variant: serving.Stable, Requests: 1000, Failed: 500, Epoch: "1"}}}
}

func errorsInput() activities.WatchFleetInput {
	in := watchInput()
	in.Fleet.SLOs = []serving.Objective{{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}}
	return in
}

func TestWatchFleet_RouterWithoutSamples_JudgesWhatItCountedWithinTheWindow(t *testing.T) {
	t.Parallel()
	out, err := runWatch(t, unsampled(serving.ArmCounters{Requests: 100}), errorsInput())
	require.NoError(t, err)
	require.Empty(t, out.Opened, "failures from before the watch are not of the window")
	require.Greater(t, out.Ticks, 1)

	out, err = runWatch(t, unsampled(serving.ArmCounters{Requests: 100, Failed: 40}), errorsInput())
	require.NoError(t, err)
	require.Len(t, out.Opened, 1)
	require.Equal(t, "errors", out.Opened[0].SLO)
	require.Equal(t, 2, out.Ticks, "the first look has nothing to compare with, the second is plain")
}

func TestWatchFleet_RouterWithoutSamples_JudgesLatenciesByTheEngines(t *testing.T) {
	t.Parallel()
	p := unsampled(serving.ArmCounters{Requests: 100})
	p.ttft = func(read int) *serving.Histogram { // all of them between 4 and 8 seconds
		n := float64(50 * read)
		return &serving.Histogram{Bounds: []float64{0.5, 1, 4, 8}, Counts: []float64{0, 0, 0, n}, Count: n, Sum: 6 * n}
	}
	out, err := runWatch(t, p, watchInput())
	require.NoError(t, err)
	require.Len(t, out.Opened, 1)
	require.Equal(t, "ttft-p95", out.Opened[0].SLO)
}

func TestWatchFleet_NeitherSamplesNorCountersNorPages_IsNoDataAndNoFailure(t *testing.T) {
	t.Parallel()
	p := unsampled(serving.ArmCounters{})
	p.counters, p.unreadable = nil, errors.New("connection refused")
	in := watchInput()
	in.Open = []serving.Violation{{ID: "v", SLO: "ttft-p95", Variant: serving.Stable}}
	out, err := runWatch(t, p, in)
	require.NoError(t, err)
	require.Empty(t, out.Opened)
	require.Empty(t, out.Resolved, "no data is not the end of a violation")
	require.Greater(t, out.Ticks, 1)
}

func TestWatchFleet_CountersBeganAnew_TheWindowDoes(t *testing.T) {
	t.Parallel()
	p := unsampled(serving.ArmCounters{Requests: -100, Failed: 90}) // a total that falls at every look
	out, err := runWatch(t, p, errorsInput())
	require.NoError(t, err)
	require.Empty(t, out.Opened)
}
