package api_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

// blocking is a parser that says when it begins and waits to go on.
func blocking(parse api.PageParser, entered chan<- struct{}, leave <-chan struct{}) api.PageParser {
	return func(page io.Reader, contentType string) (engine.Families, error) {
		entered <- struct{}{}
		<-leave
		return parse(page, contentType)
	}
}

type object = map[string]any

func TestFleet_MetricsSources_AreKept(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet(
		set("metrics", object{"kind": "prometheus", "address": "http://127.0.0.1:9090", "labels": object{"job": "chat"}}),
		set("gpu_metrics", object{"kind": "dcgm", "addresses": []string{"http://127.0.0.1:9400"}, "replicas": object{replica: object{"gpu": "0"}}}))
	f := h.store.fleets["chat"]
	require.Equal(t, serving.MetricsSource{Kind: "prometheus", Address: "http://127.0.0.1:9090", Labels: map[string]string{"job": "chat"}}, f.Metrics)
	require.Equal(t, map[string]string{"gpu": "0"}, f.GPUMetrics.LabelsOf(replica))

	r := h.do(http.MethodGet, "/api/v1/fleets/chat", nil)
	require.Equal(t, http.StatusOK, h.do(http.MethodPut, "/api/v1/fleets/chat", r.Body.String()).Code, "what GET answers may be sent back")
}

func TestFleet_MetricsSourcesThatCannotBe_AreRefusedWithTheField(t *testing.T) {
	t.Parallel()
	many := make([]string, 257)
	for i := range many {
		many[i] = "http://127.0.0.1:9400"
	}
	h := newHarness(t)
	for field, edit := range map[string]func(map[string]any){
		"body.metrics.kind":                               set("metrics", object{"kind": "statsd"}),
		"body.metrics.address":                            set("metrics", object{"kind": "prometheus"}),
		"body.metrics":                                    set("metrics", object{"address": "http://127.0.0.1:9090"}),
		"body.metrics.labels.job name":                    set("metrics", object{"kind": "prometheus", "address": "http://127.0.0.1:9090", "labels": object{"job name": "chat"}}),
		"body.metrics.instance_label":                     set("metrics", object{"kind": "prometheus", "address": "http://127.0.0.1:9090", "instance_label": `a="`}),
		"body.gpu_metrics.kind":                           set("gpu_metrics", object{"addresses": []string{"http://127.0.0.1:9400"}}),
		"body.gpu_metrics.addresses":                      set("gpu_metrics", object{"kind": "dcgm", "addresses": many}),
		"body.gpu_metrics.addresses[0]":                   set("gpu_metrics", object{"kind": "dcgm", "addresses": []string{"http://169.254.169.254"}}),
		"body.gpu_metrics.replicas.http://127.0.0.1:1.x-": set("gpu_metrics", object{"kind": "dcgm", "addresses": []string{"http://127.0.0.1:9400"}, "replicas": object{"http://127.0.0.1:1": object{"x-": "1"}}}),
	} {
		r := h.do(http.MethodPost, "/api/v1/fleets", fleetBody(edit))
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, "%s: %s", field, r.Body.String())
		require.Equal(t, field, fieldsOf(r.problem()))
	}
	r := h.do(http.MethodPost, "/api/v1/fleets", fleetBody(set("metrics", object{"kind": "prometheus", "address": "http://8.8.8.8:9090"})))
	require.Equal(t, "body.metrics.address", fieldsOf(r.problem()), "outside the networks that the server may call")
}

func TestCollect_SourceResolvesElsewhereNow_IsRefused(t *testing.T) {
	t.Parallel()
	h := withReplica(t)
	f := h.store.fleets["chat"]
	f.Metrics = serving.MetricsSource{Kind: serving.MetricsPrometheus, Address: "http://169.254.169.254"}
	h.store.fleets["chat"] = f
	r := h.do(http.MethodPost, "/api/v1/fleets/chat/metrics/collect", `{"window_seconds": 1}`)
	require.Equal(t, http.StatusUnprocessableEntity, r.Code)
	require.Empty(t, h.world.read)
}

func TestGPU_UnknownHasItsReasonAndIsNeverZero(t *testing.T) {
	t.Parallel()
	h := withReplica(t)
	path := "/api/v1/fleets/chat/metrics/gpu"
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, path, nil).Code, "nothing was measured yet")
	h.do(http.MethodPost, "/api/v1/fleets/chat/metrics/collect", `{"window_seconds": 1}`)
	var out api.Measured[api.GPU]
	r := h.do(http.MethodGet, path, nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r.into(&out)
	require.Contains(t, r.Body.String(), `"utilization":null`)
	require.Len(t, out.Values.Missing, 3)
	require.Contains(t, out.Values.Missing[0].Reason, "names no gpu_metrics")

	f := h.store.fleets["chat"]
	f.GPUMetrics = serving.GPUSource{Kind: serving.GPUExporter}
	h.store.fleets["chat"] = f
	h.do(http.MethodGet, path, nil).into(&out)
	require.Contains(t, out.Values.Missing[0].Reason, "collect again")
}

func TestGPU_WhatTheSourceSaid(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet(set("endpoints", []string{replica}), set("gpu_metrics", object{"kind": "dcgm", "addresses": []string{"http://127.0.0.1:9400"}}))
	reading := serving.Reading{TakenUnix: 1, Endpoint: replica, GPUUtilization: serving.Known(0), GPUMemoryUsedBytes: serving.Known(30),
		Missing: []serving.Missing{{Quantity: "gpu_memory_total_bytes", Reason: "not exported"}},
		Derived: []serving.Derived{{Quantity: "gpu_utilization", How: "upper bound"}, {Quantity: "itl", How: "other"}}}
	h.world.readings[replica] = []serving.Reading{reading}
	h.do(http.MethodPost, "/api/v1/fleets/chat/metrics/collect", `{"window_seconds": 1}`)
	var out api.Measured[api.GPU]
	h.do(http.MethodGet, "/api/v1/fleets/chat/metrics/gpu", nil).into(&out)
	require.Equal(t, api.GPU{Utilization: serving.Known(0), MemoryUsedBytes: serving.Known(30), Source: "dcgm",
		Missing: reading.Missing, Derived: reading.Derived[:1]}, out.Values)
}
