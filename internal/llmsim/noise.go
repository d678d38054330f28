package llmsim

import "math"

// noise is a seeded source of normal deviates (SplitMix64 and Box-Muller), so
// that a run can be repeated exactly.
type noise struct {
	state uint64
}

func (n *noise) uniform() float64 {
	n.state += 0x9e3779b97f4a7c15
	z := n.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (float64((z^z>>31)>>11) + 0.5) / (1 << 53) // never 0, whose logarithm is needed
}

func (n *noise) normal() float64 {
	u, v := n.uniform(), n.uniform()
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v)
}
