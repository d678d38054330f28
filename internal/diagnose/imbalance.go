package diagnose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

const (
	// unevenLoad is the busiest replica's running requests over the mean of the
	// others from which they are not served alike; unevenRequests keeps a handful
	// of requests, which chance spreads unevenly, from counting.
	unevenLoad     = 2.0
	unevenRequests = 4.0
	// unevenShare is the busiest replica's part of the finished requests over its
	// fair part.
	unevenShare = 1.5
)

// imbalance finds a replica that carries more than its part while others have
// room: the router, or a slow machine, is then the limit.
func imbalance(f facts) (serving.Bottleneck, bool) {
	busy, others, ok := f.busiest()
	if !ok {
		return serving.Bottleneck{}, false
	}
	running := busy.Running.Or(0) + busy.Waiting.Or(0)
	ratio := running / max(others, 1)
	loaded := ratio >= unevenLoad && running-others >= unevenRequests
	share, sent := f.shareOf(busy)
	if !loaded && !sent {
		return serving.Bottleneck{}, false
	}
	severity, confidence := serving.SeverityMedium, 0.85
	if w := busy.Waiting.Or(0); w >= 1 && w >= queueShare*busy.Running.Or(0) || busy.KVUsage.Or(0) >= kvFull {
		severity, confidence = serving.SeverityHigh, 0.95
	}
	if !loaded {
		severity, confidence = serving.SeverityLow, 0.6
	}
	var e evidence
	e.add("busiest_replica_requests", serving.Known(running), unevenLoad*others, "running and waiting at "+busy.Endpoint)
	e.add("other_replicas_requests_mean", serving.Known(others), 0, "running and waiting")
	e.add("busiest_replica_share_ratio", share, unevenShare/float64(len(f.s.PerReplica)), "of the requests that finished")
	e.add("busiest_replica_kv_usage_ratio", busy.KVUsage, kvFull, "")
	e.troubles(f, serving.MetricTTFT, serving.MetricE2E)
	return serving.Bottleneck{
		Kind: serving.BottleneckImbalance, Confidence: confidence, Evidence: e,
		Severity: worse(severity, f.worstLatency(serving.MetricTTFT, serving.MetricE2E)),
		Summary: fmt.Sprintf("%s carries %.1f requests while the other replicas carry %.1f on average: the load is spread unevenly.",
			busy.Endpoint, running, others),
		Families: []serving.Family{serving.FamilyReplicas},
	}, true
}

// busiest is the replica with the most requests and the mean of the others.
func (f facts) busiest() (busy serving.ReplicaLoad, others float64, ok bool) {
	if len(f.s.PerReplica) < 2 {
		return serving.ReplicaLoad{}, 0, false
	}
	total, most := 0.0, -1.0
	for _, r := range f.s.PerReplica {
		running, known := r.Running.Get()
		if !known {
			return serving.ReplicaLoad{}, 0, false
		}
		load := running + r.Waiting.Or(0)
		total += load
		if load > most {
			busy, most = r, load
		}
	}
	return busy, (total - most) / float64(len(f.s.PerReplica)-1), true
}

// shareOf is the replica's part of the finished requests, and whether it is more
// than chance would give a fair router.
func (f facts) shareOf(busy serving.ReplicaLoad) (share serving.Measure, uneven bool) {
	total := serving.Known(0)
	for _, r := range f.s.PerReplica {
		if !r.Requests.IsKnown() {
			return serving.Unknown(), false
		}
		total = total.Plus(r.Requests)
	}
	fair := 1 / float64(len(f.s.PerReplica))
	n := total.Or(0)
	uneven = n >= fewRequests && judge.ShareExceeds(int(busy.Requests.Or(0)), int(n), min(unevenShare*fair, 1), slo.BreachAlpha)
	return busy.Requests.Over(total), uneven
}
