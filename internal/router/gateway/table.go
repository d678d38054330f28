package gateway

import (
	"math/rand/v2"
	"net/http"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// table is the routing in force. It is never changed once published: a request
// that read it decides by one consistent split, and a change cuts nothing.
type table struct {
	weights serving.Weights
	pools   [lineLength]pool // in the order of line()
}

// pool is the replicas of one variant.
type pool struct {
	arm       *arm
	share     int // percent
	endpoints []*endpoint
}

// lineLength is the number of variants.
const lineLength = 4

// pointsPerPercent is how finely a session is placed on the line.
const pointsPerPercent = 100

// points is the length of the line.
const points = 100 * pointsPerPercent

// line is the order in which the variants' shares lie along 0..100%. The canary
// grows from the low end and the baseline from the high end, at the cost of
// stable between them: so a session that was in at 5% is in at 25%, for both.
func line() [lineLength]serving.Variant {
	return [lineLength]serving.Variant{serving.Canary, serving.Staging, serving.Stable, serving.Baseline}
}

// fallbacks is the order in which the variants are asked when the assigned one
// cannot serve. Staging is absent: it is not production's.
func fallbacks() [3]int { return [3]int{2, 3, 0} }

func lineIndex(v serving.Variant) int {
	l := line()
	return slices.Index(l[:], v)
}

func (g *Gateway) newTable(w serving.Weights, pools map[serving.Variant][]*endpoint) *table {
	t := &table{weights: w}
	for i, v := range line() {
		t.pools[i] = pool{arm: g.arms[i], share: w.Of(v), endpoints: pools[v]}
	}
	return t
}

// endpointsOf copies the pools of a table, to build the next one.
func (t *table) endpointsOf() map[serving.Variant][]*endpoint {
	m := make(map[serving.Variant][]*endpoint, lineLength)
	for _, p := range t.pools {
		m[p.arm.variant] = p.endpoints
	}
	return m
}

// assigned is the index of the variant that a rule names for the request, or else
// of the one at its point of the line.
func (t *table) assigned(point int, header http.Header) int {
	for _, r := range t.weights.Rules {
		if header.Get(r.Header) == r.Value {
			return lineIndex(r.Variant)
		}
	}
	end := 0
	for i, p := range t.pools {
		if end += p.share * pointsPerPercent; point < end {
			return i
		}
	}
	return lineIndex(serving.Stable)
}

// ruled says whether a rule sends requests to the variant.
func (t *table) ruled(v serving.Variant) bool {
	return slices.ContainsFunc(t.weights.Rules, func(r serving.RouteRule) bool { return r.Variant == v })
}

// pick chooses the replica for a request: of the assigned variant, else of the
// fallbacks in their order; replicas that failed a moment ago come after all
// others, because trying one is better than refusing the request.
func (t *table) pick(assigned int, tried []*endpoint, nowNano int64) (index int, e *endpoint) {
	for _, cooling := range [2]bool{false, true} {
		if e = t.pools[assigned].least(tried, nowNano, cooling); e != nil {
			return assigned, e
		}
		for _, i := range fallbacks() {
			if e = t.pools[i].least(tried, nowNano, cooling); e != nil {
				return i, e
			}
		}
	}
	return 0, nil
}

// least is the replica with the fewest requests in flight among those not tried;
// the search starts anywhere, so that equals share the load.
func (p *pool) least(tried []*endpoint, nowNano int64, cooling bool) *endpoint {
	n := len(p.endpoints)
	if n == 0 {
		return nil
	}
	var best *endpoint
	for k, start := 0, rand.IntN(n); k < n; k++ {
		e := p.endpoints[(start+k)%n]
		if slices.Contains(tried, e) || e.cooling(nowNano) != cooling {
			continue
		}
		if best == nil || e.inFlight.Load() < best.inFlight.Load() {
			best = e
		}
	}
	return best
}

// raw lists the base URLs of the pool, never nil.
func (p *pool) raw() []string {
	out := make([]string, 0, len(p.endpoints))
	for _, e := range p.endpoints {
		out = append(out, e.String())
	}
	return out
}
