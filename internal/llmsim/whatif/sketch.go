package whatif

import "math"

// sketch keeps a distribution of durations in bounded memory: counts in buckets
// whose bounds grow by 1%, so a quantile is right to half a percent. The mean is
// exact. Durations outside 1 us .. 1 day fall into the outermost buckets.
type sketch struct {
	counts []uint64
	count  uint64
	sum    float64
}

const (
	sketchGrowth = 1.01
	sketchLeast  = 1e-6
	sketchMost   = 86400.0
)

// observe counts one duration in seconds.
func (s *sketch) observe(seconds float64) {
	if s.counts == nil {
		s.counts = make([]uint64, bucket(sketchMost)+1)
	}
	s.counts[bucket(seconds)]++
	s.count++
	s.sum += seconds
}

func bucket(seconds float64) int {
	clamped := math.Min(math.Max(seconds, sketchLeast), sketchMost)
	return int(math.Log(clamped/sketchLeast) / math.Log(sketchGrowth))
}

func (s *sketch) mean() float64 {
	if s.count == 0 {
		return 0
	}
	return s.sum / float64(s.count)
}

// quantile is the middle of the bucket that holds the q-th of the durations.
func (s *sketch) quantile(q float64) float64 {
	rank := uint64(math.Ceil(q * float64(s.count)))
	seen := uint64(0)
	for i, n := range s.counts {
		if seen += n; seen >= rank && n > 0 {
			return sketchLeast * math.Pow(sketchGrowth, float64(i)+0.5)
		}
	}
	return 0
}

// merge adds what another sketch has counted.
func (s *sketch) merge(o *sketch) {
	if o.counts == nil {
		return
	}
	if s.counts == nil {
		s.counts = make([]uint64, len(o.counts))
	}
	for i, n := range o.counts {
		s.counts[i] += n
	}
	s.count += o.count
	s.sum += o.sum
}
