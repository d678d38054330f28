package promql_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/promql"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const endpoint = "http://10.0.0.7:8000"

// server answers like Prometheus: by the beginning of the expression.
type server struct {
	mu       sync.Mutex
	answers  map[string]string // data of the answer
	metadata string            // data of the answer; "" is a server without
	asked    []string          // expression @ time
}

func (s *server) start(t *testing.T) string {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return h.URL
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/api/v1/metadata" {
		if s.metadata == "" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, `{"status":"success","data":%s}`, s.metadata)
		return
	}
	expression := r.FormValue("query")
	s.asked = append(s.asked, expression+" @ "+r.FormValue("time"))
	for begins, data := range s.answers {
		if strings.HasPrefix(expression, begins) {
			fmt.Fprintf(w, `{"status":"success","data":%s}`, data)
			return
		}
	}
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprint(w, `{"status":"error","error":"parse error"}`)
}

// vector is the data of an instant query at 1000.
func vector(series ...any) string { return result("vector", series) }

func result(kind string, series []any) string {
	if series == nil {
		series = []any{}
	}
	b, err := json.Marshal(map[string]any{"resultType": kind, "result": series})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// at1000 is a series with its value at 1000; labels are name, value, ...
func at1000(name, value string, labels ...string) any {
	metric := map[string]string{"__name__": name, "job": "chat", "instance": "10.0.0.7:8000"}
	for i := 0; i+1 < len(labels); i += 2 {
		metric[labels[i]] = labels[i+1]
	}
	return map[string]any{"metric": metric, "value": []any{1000.5, value}}
}

func ups(points ...any) string {
	return result("matrix", []any{map[string]any{"metric": map[string]string{"__name__": "up"}, "values": points}})
}

func fleetOn(address string) serving.Fleet {
	return serving.Fleet{Name: "chat", Config: serving.EngineConfig{Engine: serving.VLLM},
		Metrics: serving.MetricsSource{Kind: serving.MetricsPrometheus, Address: address, Labels: map[string]string{"job": "chat"}}}
}

func reader() *promql.Reader { return promql.New(&http.Client{}, known.Engines()) }

func TestRead_IsThePageOfTheLastScrape(t *testing.T) {
	t.Parallel()
	s := &server{answers: map[string]string{
		"timestamp(up": vector(at1000("", "990.25")),
		"{": vector(at1000("up", "1"), at1000("vllm:num_requests_running", "3"), at1000("vllm:kv_cache_usage_perc", "NaN"),
			at1000("vllm:generation_tokens_total", "70"),
			at1000("vllm:iteration_tokens_total_bucket", "2", "le", "8"), at1000("vllm:iteration_tokens_total_bucket", "5", "le", "+Inf"),
			at1000("vllm:iteration_tokens_total_count", "5"), at1000("vllm:iteration_tokens_total_sum", "90"), at1000("vllm:from_the_future", "1")),
	}}
	r, err := reader().Read(t.Context(), fleetOn(s.start(t)+"/"), endpoint)
	require.NoError(t, err)
	require.InDelta(t, 990.25, r.TakenUnix, 0, "the time of the scrape, not of the question")
	require.Equal(t, endpoint, r.Endpoint)
	require.Equal(t, serving.Known(3), r.Running)
	require.Equal(t, serving.Known(70), r.GenerationTokens)
	require.Equal(t, serving.Known(5), r.EngineSteps, "a histogram despite its name, told by its buckets")
	require.False(t, r.KVUsage.IsKnown())
	require.Equal(t, []string{"vllm:from_the_future"}, r.Unrecognised)
	require.Equal(t, []string{`timestamp(up{instance=~"10\\.0\\.0\\.7(:8000)?",job="chat"}) @ `,
		`{instance=~"10\\.0\\.0\\.7(:8000)?",job="chat"} @ 990.250`}, s.asked)
}

func TestRead_TypesOfTheMetadata_AreUsed(t *testing.T) {
	t.Parallel()
	s := &server{
		metadata: `{"vllm:num_requests_running":[{"type":"counter"}],"vllm:num_requests_waiting":[{"type":"gauge"},{"type":"counter"}],"vllm:generation_tokens":[{"type":"counter"}]}`,
		answers: map[string]string{"timestamp(up": vector(at1000("", "990")),
			"{": vector(at1000("up", "1"), at1000("vllm:num_requests_running", "3"), at1000("vllm:num_requests_waiting", "4"), at1000("vllm:generation_tokens_total", "5"))},
	}
	r, err := reader().Read(t.Context(), fleetOn(s.start(t)), endpoint)
	require.NoError(t, err)
	require.False(t, r.Running.IsKnown(), "it is declared to be no gauge")
	require.Equal(t, serving.Known(4), r.Waiting, "declared in two ways: taken on trust")
	require.Equal(t, serving.Known(5), r.GenerationTokens, "OpenMetrics declares a counter without its suffix")
}

func TestRead_WhatCannotBeBelieved_IsAnError(t *testing.T) {
	t.Parallel()
	twice := vector(at1000("", "999"), at1000("", "999", "job", "other"))
	for name, c := range map[string]struct {
		answers map[string]string
		want    error
		text    string
	}{
		"gone":         {map[string]string{"timestamp(up": vector()}, promql.ErrNotScraped, "no target has"},
		"old":          {map[string]string{"timestamp(up": vector(at1000("", "800"))}, promql.ErrNotScraped, "200 s old"},
		"twice":        {map[string]string{"timestamp(up": twice}, promql.ErrNotScraped, `job "chat" instance "10.0.0.7:8000" and job "other"`},
		"down":         {map[string]string{"timestamp(up": vector(at1000("", "999")), "{": vector(at1000("up", "0"))}, promql.ErrNotScraped, "could not scrape"},
		"nothing then": {map[string]string{"timestamp(up": vector(at1000("", "999")), "{": vector()}, promql.ErrNotScraped, "could not scrape"},
		"refused":      {map[string]string{}, promql.ErrUnavailable, "parse error"},
		"other kind":   {map[string]string{"timestamp(up": `{"resultType":"scalar","result":[1,"2"]}`}, promql.ErrUnavailable, "not a vector"},
		"nonsense":     {map[string]string{"timestamp(up": `{"resultType":"vector","result":[{"value":["x","y"]}]}`}, promql.ErrUnavailable, ""},
	} {
		_, err := reader().Read(t.Context(), fleetOn((&server{answers: c.answers}).start(t)), endpoint)
		require.ErrorIs(t, err, c.want, name)
		require.ErrorContains(t, err, c.text, name)
	}
	_, err := reader().Read(t.Context(), fleetOn("http://127.0.0.1:1"), endpoint)
	require.ErrorIs(t, err, promql.ErrUnavailable)
	html := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(html.Close)
	_, err = reader().Read(t.Context(), fleetOn(html.URL), endpoint)
	require.ErrorIs(t, err, promql.ErrUnavailable)
	_, err = reader().Read(t.Context(), fleetOn(html.URL), "no address")
	require.ErrorContains(t, err, "has no host")
}

func TestWatch_EdgesAreScrapes_FailedOnesAreLeftOut(t *testing.T) {
	t.Parallel()
	s := &server{answers: map[string]string{
		"timestamp(up": vector(at1000("", "990")),
		"up{":          ups([]any{900, "1"}, []any{930, "1"}, []any{960, "0"}, []any{975, "1"}, []any{990, "1"}),
		"{":            vector(at1000("up", "1"), at1000("vllm:num_requests_running", "3")),
	}}
	all, err := reader().Watch(t.Context(), fleetOn(s.start(t)), []string{endpoint}, 50)
	require.NoError(t, err)
	var times []float64
	for _, r := range all[0] {
		times = append(times, r.TakenUnix)
	}
	require.Equal(t, []float64{930, 975, 990}, times, "it begins with the scrape before the window, and is a little longer")
}

func TestWatch_WindowShorterThanTheInterval_HasTwoScrapes(t *testing.T) {
	t.Parallel()
	s := &server{answers: map[string]string{
		"timestamp(up": vector(at1000("", "990")), "up{": ups([]any{930, "1"}, []any{990, "1"}),
		"{": vector(at1000("up", "1"), at1000("vllm:num_requests_running", "3")),
	}}
	all, err := reader().Watch(t.Context(), fleetOn(s.start(t)), []string{endpoint}, 5)
	require.NoError(t, err)
	require.Len(t, all[0], 2)
}

func TestWatch_LongWindow_IsThinnedAndKeepsItsEnds(t *testing.T) {
	t.Parallel()
	var points []any
	for at := 800; at <= 990; at += 2 {
		points = append(points, []any{at, "1"})
	}
	s := &server{answers: map[string]string{
		"timestamp(up": vector(at1000("", "990")), "up{": ups(points...),
		"{": vector(at1000("up", "1"), at1000("vllm:num_requests_running", "3")),
	}}
	all, err := reader().Watch(t.Context(), fleetOn(s.start(t)), []string{endpoint}, 100)
	require.NoError(t, err)
	require.Len(t, all[0], 8)
	require.InDelta(t, 890, all[0][0].TakenUnix, 0)
	require.InDelta(t, 990, all[0][7].TakenUnix, 0)
}

func TestWatch_LastScrapeFailed_NamesTheReplica(t *testing.T) {
	t.Parallel()
	s := &server{answers: map[string]string{"timestamp(up": vector(at1000("", "990")), "up{": ups([]any{975, "1"}, []any{990, "0"})}}
	_, err := reader().Watch(t.Context(), fleetOn(s.start(t)), []string{endpoint}, 5)
	var at *serving.UnreadableError
	require.ErrorAs(t, err, &at)
	require.Equal(t, endpoint, at.Endpoint)
	require.ErrorIs(t, err, promql.ErrNotScraped)
}

func TestGPUs_OfTheHost_AsOfTheReading(t *testing.T) {
	t.Parallel()
	s := &server{answers: map[string]string{"{__name__": vector(at1000("DCGM_FI_DEV_GPU_UTIL", "50", "gpu", "0"))}}
	f := serving.Fleet{GPUMetrics: serving.GPUSource{Kind: serving.GPUPrometheus, Addresses: []string{s.start(t)}, Labels: map[string]string{"namespace": "prod"}}}
	r := promql.NewGPUs(&http.Client{}).AddGPU(t.Context(), f, []serving.Reading{{Endpoint: endpoint, TakenUnix: 990}})
	require.Contains(t, s.asked[0], `instance=~"10\\.0\\.0\\.7(:[0-9]+)?",namespace="prod"} @ 990.000`)
	require.False(t, r[0].GPUUtilization.IsKnown(), "the series that came has not the label")
	f.GPUMetrics.Labels = nil
	r = promql.NewGPUs(&http.Client{}).AddGPU(t.Context(), f, []serving.Reading{{Endpoint: endpoint, TakenUnix: 990}})
	require.Equal(t, serving.Known(0.5), r[0].GPUUtilization)
}

func TestGPUs_ServerAway_IsMissingWithTheReason(t *testing.T) {
	t.Parallel()
	for _, addresses := range [][]string{nil, {"http://127.0.0.1:1"}} {
		f := serving.Fleet{GPUMetrics: serving.GPUSource{Kind: serving.GPUPrometheus, Addresses: addresses}}
		r := promql.NewGPUs(&http.Client{}).AddGPU(t.Context(), f, []serving.Reading{{Endpoint: endpoint}})
		require.Len(t, r[0].Missing, 3)
		require.False(t, r[0].GPUUtilization.IsKnown())
	}
}
