package telemetry

import (
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// temporalLabels are the tags of Temporal's SDK that are kept as labels; a series
// without one has it empty, which to Prometheus is not to have it. The client's
// name says only that it is the Go SDK.
var temporalLabels = []string{"namespace", "task_queue", "worker_type", "poller_type", "workflow_type", "activity_type", "operation",
	"failure_reason", "status_code"}

// own is what our own names begin with: they are taken as they are, with the labels
// that the workflows give them.
const own = "performance_agent_"

var ownLabels = []string{"outcome", "verdict", "cause", "source"}

func labelsOf(name string) []string {
	if strings.HasPrefix(name, own) {
		return ownLabels
	}
	return temporalLabels
}

// suffixed is the SDK's name with what Prometheus expects; ours have it already.
func suffixed(name, suffix string) string {
	if strings.HasPrefix(name, own) {
		return name
	}
	return name + suffix
}

// TemporalMetrics hands what Temporal's SDK counts of this process to registry,
// under the SDK's own names with the suffixes that Prometheus expects: _total for
// counters, _seconds for times. What our workflows count comes the same way, since the
// SDK keeps silent in a replay.
func TemporalMetrics(registry prometheus.Registerer) client.MetricsHandler {
	return temporalHandler{to: &temporalSeries{registry: registry, counters: map[string]*prometheus.CounterVec{},
		gauges: map[string]*prometheus.GaugeVec{}, times: map[string]*prometheus.HistogramVec{}}}
}

// temporalHandler is one set of tags. It implements client.MetricsHandler.
type temporalHandler struct {
	to   *temporalSeries
	tags map[string]string
}

// WithTags implements client.MetricsHandler.
func (h temporalHandler) WithTags(tags map[string]string) client.MetricsHandler {
	all := maps.Clone(h.tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	return temporalHandler{to: h.to, tags: all}
}

// Counter implements client.MetricsHandler.
func (h temporalHandler) Counter(name string) client.MetricsCounter {
	return temporalCounter{vec(h.to, h.to.counters, name, newCounters).WithLabelValues(h.values(name)...)}
}

// Gauge implements client.MetricsHandler.
func (h temporalHandler) Gauge(name string) client.MetricsGauge {
	return temporalGauge{vec(h.to, h.to.gauges, name, newGauges).WithLabelValues(h.values(name)...)}
}

// Timer implements client.MetricsHandler.
func (h temporalHandler) Timer(name string) client.MetricsTimer {
	return temporalTimer{vec(h.to, h.to.times, name, newTimes).WithLabelValues(h.values(name)...)}
}

func (h temporalHandler) values(name string) []string {
	labels := labelsOf(name)
	out := make([]string, len(labels))
	for i, label := range labels {
		out[i] = h.tags[label]
	}
	return out
}

// temporalSeries are the families by the SDK's names. The SDK decides as it runs
// what it counts, so each is made when it is asked for first.
type temporalSeries struct {
	registry prometheus.Registerer
	mutex    sync.Mutex
	counters map[string]*prometheus.CounterVec
	gauges   map[string]*prometheus.GaugeVec
	times    map[string]*prometheus.HistogramVec
}

// vec is the family of that name, made and registered at its first use. One that
// cannot be registered, for a name taken by something else, counts unseen.
func vec[V prometheus.Collector](s *temporalSeries, known map[string]V, name string, make func(string) V) V {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if v, ok := known[name]; ok {
		return v
	}
	v := make(name)
	_ = s.registry.Register(v)
	known[name] = v
	return v
}

func newCounters(name string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: suffixed(name, "_total"), Help: help(name)}, labelsOf(name))
}

func newGauges(name string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help(name)}, labelsOf(name))
}

func help(name string) string {
	if strings.HasPrefix(name, own) {
		return "Of the agent, see docs/metrics.md."
	}
	return "Of Temporal's SDK."
}

// bounds reach from a workflow task, some milliseconds, to a trial, some minutes; ours
// are dense around the goals: noticed within 30 s, restored within 120 s.
func bounds(name string) []float64 {
	if strings.HasPrefix(name, own) {
		return []float64{1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 300}
	}
	return []float64{.005, .02, .1, .5, 1, 5, 10, 30, 60, 300, 900}
}

func newTimes(name string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: suffixed(name, "_seconds"), Help: help(name), Buckets: bounds(name)}, labelsOf(name))
}

type temporalCounter struct{ counter prometheus.Counter }

func (c temporalCounter) Inc(n int64) { c.counter.Add(float64(n)) }

type temporalGauge struct{ gauge prometheus.Gauge }

func (g temporalGauge) Update(v float64) { g.gauge.Set(v) }

type temporalTimer struct{ seconds prometheus.Observer }

func (t temporalTimer) Record(d time.Duration) { t.seconds.Observe(d.Seconds()) }
