package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

const replica = "http://127.0.0.1:8001"

// withReplica has stable on one replica that has served the given requests when
// it is read first and again.
func withReplica(t *testing.T, change ...func(*api.Deps, *api.Config)) *harness {
	h := newHarness(t, change...).withFleet()
	h.world.variants = []serving.VariantStatus{
		{Variant: serving.Canary, Endpoints: []string{"http://127.0.0.1:9999"}},
		{Variant: serving.Stable, Endpoints: []string{replica}},
	}
	h.world.readings[replica] = []serving.Reading{reading(100, 10), reading(101, 30)}
	return h
}

func reading(at, requests float64) serving.Reading {
	h := &serving.Histogram{Bounds: []float64{.1, 1}, Counts: []float64{requests, requests}, Count: requests, Sum: requests / 20}
	return serving.Reading{
		TakenUnix: at, Endpoint: replica, Engine: serving.VLLM, Model: "m",
		Running: serving.Known(4), Waiting: serving.Known(2), KVUsage: serving.Known(.5),
		PromptTokens: serving.Known(requests * 100), GenerationTokens: serving.Known(requests * 10),
		PrefixQueryTokens: serving.Known(requests * 100), PrefixHitTokens: serving.Known(requests * 25),
		Preemptions: serving.Known(0), TTFT: h, E2E: h,
		FinishedByReason: map[string]float64{"stop": requests},
	}
}

func TestCollect_MeasuresTheWindowOnStableAndKeepsIt(t *testing.T) {
	t.Parallel()
	h := withReplica(t)

	r := h.do(http.MethodPost, "/api/v1/fleets/chat/metrics/collect", `{"window_seconds": 1}`)

	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	var rec serving.SnapshotRecord
	r.into(&rec)
	require.Equal(t, int64(1), rec.ID)
	require.InDelta(t, 200, rec.Snapshot.GenerationTokens.Or(0), 0, "the increase, not the total")
	require.Equal(t, []string{"vllm " + replica, "vllm " + replica}, h.world.read)
	require.Contains(t, h.store.actions(), "metrics.collect chat")

	var latency api.Measured[api.Latency]
	h.do(http.MethodGet, "/api/v1/fleets/chat/metrics/latency", nil).into(&latency)
	require.InDelta(t, 20, latency.Values.TTFT.Count, 0)
	require.Nil(t, latency.Values.ITL, "what is not reported is absent, not zero")

	var throughput api.Measured[api.Throughput]
	h.do(http.MethodGet, "/api/v1/fleets/chat/metrics/throughput", nil).into(&throughput)
	require.InDelta(t, 20, throughput.Values.RequestsPerSecond.Or(0), .001)
	require.False(t, throughput.Values.ErrorsPerSecond.IsKnown())

	var cache api.Measured[api.Cache]
	h.do(http.MethodGet, "/api/v1/fleets/chat/metrics/cache", nil).into(&cache)
	require.InDelta(t, .25, cache.Values.PrefixHitRate.Or(0), .001)

	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/api/v1/fleets/chat/metrics", nil).Code)
	var page api.Page[serving.SnapshotRecord]
	h.do(http.MethodGet, "/api/v1/fleets/chat/metrics/history?from=2026-01-01T00:00:00Z", nil).into(&page)
	require.Len(t, page.Items, 1)
}

func TestCollect_Failures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		break_ func(*harness)
		body   string
		status int
	}{
		"window too long":       {func(*harness) {}, `{"window_seconds": 3600}`, http.StatusUnprocessableEntity},
		"replica down":          {func(h *harness) { delete(h.world.readings, replica) }, `{"window_seconds": 1}`, http.StatusUnprocessableEntity},
		"no replica":            {func(h *harness) { h.world.variants = nil }, `{"window_seconds": 1}`, http.StatusConflict},
		"provisioner unknowing": {func(h *harness) { h.world.err = errRefused }, `{"window_seconds": 1}`, http.StatusBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := withReplica(t)
			c.break_(h)
			r := h.do(http.MethodPost, "/api/v1/fleets/chat/metrics/collect", c.body)
			require.Equal(t, c.status, r.Code, r.Body.String())
			r.problem()
			require.Empty(t, h.store.snapshots)
		})
	}
}

func TestCollect_CallerLeaves_Ends(t *testing.T) {
	t.Parallel()
	h := withReplica(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/v1/fleets/chat/metrics/collect", strings.NewReader(`{"window_seconds": 60}`))
	h.handler.ServeHTTP(httptest.NewRecorder(), r)
	require.Empty(t, h.store.snapshots, "nothing is made up of half a window")
}

func TestMetrics_NothingMeasured_SaysHowToMeasure(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	for _, path := range []string{"", "/latency", "/throughput", "/cache"} {
		r := h.do(http.MethodGet, "/api/v1/fleets/chat/metrics"+path, nil)
		require.Equal(t, http.StatusNotFound, r.Code)
		require.Contains(t, r.problem().Detail, "metrics/collect")
	}
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, "/api/v1/fleets/none/metrics/history", nil).Code)
}

func TestProbe_SaysWhatEachReplicaAnswered(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet(set("endpoints", []string{replica, "http://127.0.0.1:8002"}))
	h.world.readings[replica] = []serving.Reading{{Model: "m", Running: serving.Known(3),
		Missing: []serving.Missing{{Quantity: "itl", Reason: "not exposed"}}, Unrecognised: []string{"vllm:new"}}}
	var out api.Probe
	r := h.do(http.MethodPost, "/api/v1/fleets/chat/probe", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r.into(&out)
	require.False(t, out.OK)
	require.True(t, out.Endpoints[0].OK)
	require.Equal(t, []string{"vllm:new"}, out.Endpoints[0].Unrecognised)
	require.Equal(t, errRefused.Error(), out.Endpoints[1].Error)
}

func TestProbe_NameResolvesElsewhereNow_IsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.store.fleets["chat"] = serving.Fleet{Name: "chat", Endpoints: []string{"http://169.254.169.254"}}
	r := h.do(http.MethodPost, "/api/v1/fleets/chat/probe", nil)
	require.Equal(t, http.StatusUnprocessableEntity, r.Code, r.Body.String())
	require.Empty(t, h.world.read)
}

func TestFleetConfig_ShowsDefaultsAndProblems(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	f := h.store.fleets["chat"]
	f.Config = f.Config.With("--gpu-memory-utilization", "1.5").With("--from-the-future", "1")
	h.store.fleets["chat"] = f
	var out api.ConfigView
	r := h.do(http.MethodGet, "/api/v1/fleets/chat/config", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r.into(&out)
	byFlag := map[string]api.ParameterView{}
	for _, p := range out.Parameters {
		byFlag[p.Flag] = p
	}
	require.True(t, byFlag["--max-num-seqs"].Set)
	require.Equal(t, "16", byFlag["--max-num-seqs"].Value)
	require.False(t, byFlag["--max-num-batched-tokens"].Set)
	require.Equal(t, byFlag["--max-num-batched-tokens"].Default, byFlag["--max-num-batched-tokens"].Value)
	require.Equal(t, []string{"--from-the-future"}, out.Unknown)
	require.Equal(t, "--gpu-memory-utilization", out.Problems[0].Flag)
	require.NotEmpty(t, out.Problems[0].Fix)
	require.Equal(t, "vllm", out.CommandLine[0])
}

func TestFleetWorkload_GivenOrObservedOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, "/api/v1/fleets/chat/workload", nil).Code)

	f := h.store.fleets["chat"]
	f.Workload = &serving.Workload{RatePerSecond: 3}
	h.store.fleets["chat"] = f
	var out api.WorkloadView
	h.do(http.MethodGet, "/api/v1/fleets/chat/workload", nil).into(&out)
	require.Equal(t, "given", out.Source)
	require.InDelta(t, 3, out.Workload.RatePerSecond, 0)
}

func TestFleetTraffic_ReadsTheRouter(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.world.traffic = serving.Traffic{Weights: serving.AllStable(7)}
	var out serving.Traffic
	h.do(http.MethodGet, "/api/v1/fleets/chat/traffic", nil).into(&out)
	require.Equal(t, 100, out.Weights.Of(serving.Stable))
	h.world.err = errRefused
	r := h.do(http.MethodGet, "/api/v1/fleets/chat/traffic", nil)
	require.Equal(t, http.StatusBadGateway, r.Code)
	r.problem()
}

func TestEngines_AreListedWithTheirParameters(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var page api.Page[api.EngineView]
	h.do(http.MethodGet, "/api/v1/engines", nil).into(&page)
	var kinds []serving.EngineKind
	for _, e := range page.Items {
		kinds = append(kinds, e.Engine)
		require.Positive(t, e.Parameters, e.Engine)
	}
	require.Subset(t, kinds, []serving.EngineKind{serving.SGLang, serving.VLLM})
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/api/v1/engines/vllm", nil).Code)
	var catalogue engine.Catalogue
	h.do(http.MethodGet, "/api/v1/engines/vllm/parameters", nil).into(&catalogue)
	_, known := catalogue.Parameter("--max-num-seqs")
	require.True(t, known)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, "/api/v1/engines/ollama", nil).Code)
}

func TestValidate_ListsProblemsAndUnknownFlags(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var out api.ValidateAnswer
	r := h.do(http.MethodPost, "/api/v1/engines/vllm/validate", map[string]any{
		"command_line": "vllm serve m --gpu-memory-utilization 1.5 --from-the-future 1", "hardware": map[string]any{"gpu": "H100", "gpus": 1}})
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r.into(&out)
	require.False(t, out.Valid)
	require.Equal(t, "--gpu-memory-utilization", out.Problems[0].Flag)
	require.Equal(t, []string{"--from-the-future"}, out.Unknown)
	require.Empty(t, h.store.actions(), "it changes nothing")

	r = h.do(http.MethodPost, "/api/v1/engines/vllm/validate", map[string]any{"command_line": "vllm serve m --max-num-seqs 8"})
	r.into(&out)
	require.True(t, out.Valid)
	require.Contains(t, r.Body.String(), `"problems":[]`)
}
