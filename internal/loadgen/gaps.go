package loadgen

import (
	"math"
	"math/bits"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// gapBits of a gap's leading binary digits choose its bucket: 16 buckets for
	// each doubling are 6% wide, so that their middle is exact within 3%.
	gapBits = 4
	// gapBuckets reach to 2^27 us, 134 s, which is beyond any request's timeout.
	gapBuckets = (27 - gapBits + 2) << gapBits
)

// gapCounts is a histogram of the times between tokens of one answer. It has a
// fixed size, since an answer may have thousands of tokens and a load thousands
// of answers on their way.
type gapCounts struct {
	counts [gapBuckets]uint32
	used   int // buckets that may hold something: those below it
	sum    time.Duration
	most   time.Duration
}

func (g *gapCounts) clear() {
	clear(g.counts[:g.used])
	g.used, g.sum, g.most = 0, 0, 0
}

func (g *gapCounts) add(gap time.Duration) {
	b := gapBucket(gap)
	g.counts[b]++
	g.used, g.sum, g.most = max(g.used, b+1), g.sum+gap, max(g.most, gap)
}

// drop takes back a gap that was added last but for others of no content.
func (g *gapCounts) drop(gap time.Duration) {
	if b := gapBucket(gap); g.counts[b] > 0 {
		g.counts[b]--
		g.sum -= gap
	}
}

// gapBucket numbers the buckets: one for each microsecond up to 2^gapBits, from
// there as many to every doubling.
func gapBucket(gap time.Duration) int {
	us := uint64(max(0, gap.Microseconds()))
	if us < 1<<gapBits {
		return int(us)
	}
	shift := bits.Len64(us) - 1 - gapBits
	return min((shift+1)<<gapBits+int(us>>shift)-1<<gapBits, gapBuckets-1)
}

// gapOf is the middle of a bucket, in seconds.
func gapOf(bucket int) float64 {
	if bucket < 1<<gapBits {
		return float64(bucket) / 1e6
	}
	shift := bucket>>gapBits - 1
	lower := uint64(1<<gapBits+bucket&(1<<gapBits-1)) << shift
	return (float64(lower) + float64(uint64(1)<<shift)/2) / 1e6
}

// pooledGaps sums up the gaps of all answers of a load.
type pooledGaps struct {
	mu     sync.Mutex
	counts [gapBuckets]uint64
	sum    time.Duration
	most   time.Duration
}

func (p *pooledGaps) add(g *gapCounts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for b := range g.used {
		p.counts[b] += uint64(g.counts[b])
	}
	p.sum, p.most = p.sum+g.sum, max(p.most, g.most)
}

// summary is nil when no answer had two tokens.
func (p *pooledGaps) summary() *serving.LatencySummary {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := uint64(0)
	for _, c := range p.counts {
		n += c
	}
	if n == 0 {
		return nil
	}
	s := &serving.LatencySummary{Count: int(n), MeanSeconds: roundTo(p.sum.Seconds()/float64(n), 1e-6),
		P50Seconds: p.quantile(0.5, n), P90Seconds: p.quantile(0.9, n),
		P95Seconds: p.quantile(0.95, n), P99Seconds: p.quantile(0.99, n)}
	s.P95Low, s.P95High = s.P95Seconds, s.P95Seconds
	return s
}

func (p *pooledGaps) quantile(q float64, n uint64) float64 {
	rank, seen := uint64(q*float64(n-1)), uint64(0)
	for b, c := range p.counts {
		if seen += c; seen > rank {
			return roundTo(min(gapOf(b), p.most.Seconds()), 1e-6)
		}
	}
	return p.most.Seconds()
}

// roundTo keeps digits that mean nothing out of a workflow's history.
func roundTo(v, unit float64) float64 { return math.Round(v/unit) / math.Round(1/unit) }
