package diagnose

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// facts is a snapshot as the rules look at it.
type facts struct {
	in       Input
	s        serving.Snapshot
	settings settings
	statuses []slo.Status
	requests serving.Measure
	// slots is the number of requests that all replicas may run at once.
	slots serving.Measure
	// usage is the use of the KV cache, 0..1: reported, or else what is reserved
	// over the capacity that the engine or the performance model states.
	usage serving.Measure
	// batch is the mean number of requests that one replica ran at once.
	batch serving.Measure
}

func newFacts(in Input) facts {
	f := facts{in: in, s: in.Snapshot, requests: in.Snapshot.Requests(),
		settings: newSettings(in.Fleet.Config, in.Fleet.Hardware, in.Snapshot)}
	f.statuses = slo.FromSnapshot(in.Fleet.SLOs, in.Snapshot, fewRequests)
	replicas := serving.Known(float64(f.replicas()))
	f.batch = f.s.Running.Over(replicas)
	f.usage = f.kvUse()
	if perReplica, ok := f.settings.slots().Get(); ok {
		f.slots = serving.Known(perReplica * float64(f.replicas()))
	}
	return f
}

// replicas that the snapshot covers; it falls back on the fleet's record.
func (f facts) replicas() int {
	if f.s.Replicas > 0 {
		return f.s.Replicas
	}
	return max(f.in.Fleet.Replicas, 1)
}

// kvUse is the reported use, or else the reserved part.
func (f facts) kvUse() serving.Measure {
	if f.s.KVUsage.IsKnown() {
		return f.s.KVUsage
	}
	capacity := f.s.KVCapacityTokens
	if m := f.settings.model; !capacity.IsKnown() && m != nil {
		capacity = serving.Known(float64(m.KVBlocks() * m.BlockSize() * f.replicas()))
	}
	return f.s.KVReservedTokens.Over(capacity)
}

// reservedFull says that one more request of the usual size would not fit what
// is left, in an engine that sets all of it aside at admission.
func (f facts) reservedFull() bool {
	use, known := f.usage.Get()
	each, running := serving.Known(use).Over(f.s.Running).Get()
	return known && running && f.s.KVReservedTokens.IsKnown() && use+each >= kvFull
}

// addUse adds the use of the KV cache under the name of what it is.
func (f facts) addUse(e *evidence, threshold float64, text string) {
	if f.s.KVUsage.IsKnown() {
		e.add("kv_usage_ratio", f.s.KVUsage, threshold, text)
		return
	}
	e.add("kv_reserved_ratio", f.usage, threshold, "set aside by running requests, over the capacity")
}

// queueShare of the running requests is what a queue must reach to matter; a
// single request that waits for the next step is no queue.
const queueShare = 0.05

// queued is the mean number of waiting requests when they form a queue. known
// is false when the engine does not say how many wait.
func (f facts) queued() (waiting float64, isQueue, known bool) {
	waiting, known = f.s.Waiting.Get()
	isQueue = known && waiting >= 1 && waiting >= queueShare*f.s.Running.Or(0)
	return waiting, isQueue, known
}

// preempting is the number of preemptions a request, unknown when either is.
func (f facts) preempting() serving.Measure { return f.s.Preemptions.Over(f.requests) }

// trouble is a latency that is beyond what it should be.
type trouble struct {
	metric   serving.Metric
	ratio    float64 // observed over its limit
	evidence serving.Evidence
	// byObjective is false when only the fleet's own history says so.
	byObjective bool
}

// historyRatio is how far a p95 must be above the fleet's own median to count
// as high where no objective is stated; below it lies ordinary variation.
const historyRatio = 1.5

// latency reports a metric that breaks an objective, the worst where there are
// several. Without an objective on it the fleet's history is the measure.
func (f facts) latency(m serving.Metric) (trouble, bool) {
	worst, stated := trouble{}, false
	for _, s := range f.statuses {
		if s.Objective.Metric != m || s.NoData {
			continue
		}
		stated = true
		ratio := s.Observed.Over(serving.Known(s.Objective.Threshold)).Or(0)
		if s.Breached && ratio > worst.ratio {
			worst = trouble{metric: m, ratio: ratio, byObjective: true, evidence: serving.Evidence{
				Name: quantileName(m, s.Objective.Quantile), Observed: s.Observed.Or(0), Threshold: s.Objective.Threshold,
				Text: "objective " + s.Objective.Name}}
		}
	}
	if stated {
		return worst, worst.ratio > 0
	}
	return f.latencyAgainstHistory(m)
}

func (f facts) latencyAgainstHistory(m serving.Metric) (trouble, bool) {
	p95 := func(s serving.Snapshot) serving.Measure { return slo.LatencyHistogram(s, m).QuantileMeasure(0.95) }
	now, usual := p95(f.s), f.usual(p95)
	ratio, ok := now.Over(usual).Get()
	if !ok || ratio < historyRatio {
		return trouble{}, false
	}
	return trouble{metric: m, ratio: ratio / historyRatio, evidence: serving.Evidence{
		Name: quantileName(m, 0.95), Observed: now.Or(0), Threshold: historyRatio * usual.Or(0),
		Text: "the limit is 1.5 times the median of the fleet's history"}}, true
}

// minHistory is the least number of earlier snapshots that make a history.
const minHistory = 3

// usual is the median of a quantity over the history.
func (f facts) usual(of func(serving.Snapshot) serving.Measure) serving.Measure {
	var values []float64
	for _, s := range f.in.History {
		if v, ok := of(s).Get(); ok {
			values = append(values, v)
		}
	}
	if len(values) < minHistory {
		return serving.Unknown()
	}
	slices.Sort(values)
	return serving.Known(values[len(values)/2])
}

// worstLatency is the severity that broken objectives on the metrics give to a
// limit that explains them; low when they hold.
func (f facts) worstLatency(metrics ...serving.Metric) serving.Severity {
	worst := serving.SeverityLow
	for _, m := range metrics {
		if t, ok := f.latency(m); ok && t.byObjective {
			worst = worse(worst, severityOf(t.ratio))
		}
	}
	return worst
}
