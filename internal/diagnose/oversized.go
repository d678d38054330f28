package diagnose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// roomAfter is the use of slots, cache and GPU that may at most remain after a
	// replica is taken away. Dynamo shrinks below 0.8; here it is less because the
	// present window may miss the day's peak.
	roomAfter = 0.5
	// surely is the same for the predicted capacity, which real hosts reach to 60
	// to 100% only (perfmodel.md).
	surely = 0.4
)

// oversized finds a fleet that could serve its load with a replica less, or one
// without any load. It compares what remains after the removal, not the present
// use: of two replicas at half load none can go.
func oversized(f facts) (serving.Bottleneck, bool) {
	n := float64(f.replicas())
	requests, known := f.requests.Get()
	if n < 2 || !known || f.strained() {
		return serving.Bottleneck{}, false
	}
	after := n / (n - 1)
	var e evidence
	e.add("replicas", serving.Known(n), 0, "")
	if requests == 0 {
		if f.s.Running.Or(1) > 0 {
			return serving.Bottleneck{}, false
		}
		e.add("requests", f.requests, 0, "finished in the window")
		return oversizedFinding(e, 0.4, fmt.Sprintf("%.0f replicas served nothing in the window.", n)), true
	}
	uses, judged := f.usesAfter(after, &e)
	if requests < fewRequests || !judged || uses > roomAfter {
		return serving.Bottleneck{}, false
	}
	confidence := 0.5
	if load, ok := f.modelledLoad(n, &e); ok {
		if load > surely {
			return serving.Bottleneck{}, false
		}
		confidence = 0.75
	}
	return oversizedFinding(e, confidence, fmt.Sprintf("%.0f replicas use %s of their busiest resource: the load fits %.0f.",
		n, percent(uses/after), n-1)), true
}

func oversizedFinding(e evidence, confidence float64, summary string) serving.Bottleneck {
	return serving.Bottleneck{
		Kind: serving.BottleneckOversized, Severity: serving.SeverityLow, Confidence: confidence, Summary: summary, Evidence: e,
		Families: []serving.Family{serving.FamilyReplicas},
	}
}

// strained says that somebody waits, was thrown out, or breaks an objective.
func (f facts) strained() bool {
	for _, s := range f.statuses {
		if s.Breached {
			return true
		}
	}
	return f.s.Waiting.Or(0) >= 1 || f.s.Preemptions.Or(0) > 0
}

// usesAfter is the greatest use of slots, KV cache and GPU with a replica less;
// judged is false when none is known.
func (f facts) usesAfter(after float64, e *evidence) (greatest float64, judged bool) {
	for _, u := range []struct {
		name string
		use  serving.Measure
	}{
		{"slots_used_ratio", f.s.Running.Over(f.slots)},
		{"kv_usage_max_ratio", f.s.KVUsageMax},
		{"kv_mean_ratio", f.usage},
		{"gpu_utilization_ratio", f.s.GPUUtilization},
	} {
		if v, ok := u.use.Get(); ok {
			greatest, judged = max(greatest, v*after), true
			e.add(u.name, u.use, roomAfter/after, "")
		}
	}
	return greatest, judged
}

// modelledLoad is the load of each remaining replica over what the performance
// model expects it to serve within the objectives.
func (f facts) modelledLoad(n float64, e *evidence) (float64, bool) {
	if f.settings.model == nil || f.in.Workload == nil {
		return 0, false
	}
	rate, timed := f.s.PerSecond(f.requests).Get()
	capacity := perfmodel.MaxRate(*f.settings.model, *f.in.Workload, f.in.Fleet.SLOs)
	switch {
	case !timed:
		return 0, false
	case capacity <= 0: // the objectives cannot be kept: nothing is too much
		return surely + 1, true
	}
	load := rate / (n - 1) / capacity
	e.add("load_over_predicted_capacity_ratio", serving.Known(load), surely, "of each replica with one less; the performance model's prediction")
	return load, true
}
