package judge

import "math"

// maxDesignEffect bounds how far dependence may shrink a sample: beyond it the
// estimate itself is not to be trusted.
const maxDesignEffect = 10

// minBlocks is the least number of blocks from which a variance is estimated.
const minBlocks = 5

// effectiveCount is the number of independent measurements that would tell as
// much about the q-quantile as these do. Requests that share a burst or a queue
// are slow together; to count them as independent makes an interval too narrow
// and a healthy canary look proven bad.
//
// The design effect is the variance of the number of measurements above the
// quantile in blocks of sqrt(n) neighbours, over what it would be if they were
// independent (the method of batch means). It is taken as at least 1.
func effectiveCount(s Sample, q float64) float64 {
	n := len(s.inTime)
	length := int(math.Sqrt(float64(n)))
	if length == 0 || n/length < minBlocks {
		return float64(n)
	}
	above := make([]float64, n/length)
	threshold, total := s.Quantile(q), 0.0
	for i := range above {
		for _, v := range s.inTime[i*length : (i+1)*length] {
			if v > threshold {
				above[i]++
			}
		}
		total += above[i]
	}
	share := total / float64(len(above)*length)
	expected := float64(length) * share * (1 - share)
	if expected == 0 {
		return float64(n)
	}
	effect := variance(above) / expected
	return float64(n) / min(max(effect, 1), maxDesignEffect)
}

func variance(values []float64) float64 {
	mean := 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	sum := 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return sum / float64(len(values)-1)
}
