package diagnosis

import "math"

// random is SplitMix64 (Steele, Lea and Flood 2014): a run repeats exactly for
// its seed on every platform.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// uniform is within 0..1, never either.
func (r *random) uniform() float64 { return (float64(r.next()>>11) + 0.5) / (1 << 53) }

func (r *random) exponential() float64 { return -math.Log(r.uniform()) }

func (r *random) normal() float64 {
	return math.Sqrt(2*r.exponential()) * math.Cos(2*math.Pi*r.uniform())
}

// length draws log-normally around the mean.
func (r *random) length(mean, cv float64) int {
	sigma := math.Sqrt(math.Log1p(cv * cv))
	return max(int(math.Round(mean*math.Exp(sigma*r.normal()-sigma*sigma/2))), 1)
}
