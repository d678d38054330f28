package serving

import "math"

// ArmGauges sums what the gauges of a variant's engines showed at each look. It
// is handed from look to look, since a gauge is seen only when it is read.
type ArmGauges struct {
	Variant  Variant `json:"variant"`
	Replicas int     `json:"replicas"` // at the last look
	// Waiting is the mean queue of one replica, in requests.
	Waiting Series `json:"waiting,omitzero"`
	// KVUsage is the mean use of the KV cache, 0..1.
	KVUsage Series `json:"kv_usage,omitzero"`
	// GPUMemory is the share of the GPUs' memory in use, 0..1.
	GPUMemory Series `json:"gpu_memory,omitzero"`
}

// GaugesOf starts the sums of a variant.
func GaugesOf(v Variant) ArmGauges { return ArmGauges{Variant: v} }

// With adds one look at the replicas.
func (g ArmGauges) With(atUnix float64, readings []Reading) ArmGauges {
	queue, kv, used, total, n := Unknown(), Unknown(), Unknown(), Unknown(), 0.0
	for _, r := range readings {
		queue, kv = queue.Plus(waiting(r)), kv.Plus(r.KVUsage)
		used, total = used.Plus(r.GPUMemoryUsedBytes), total.Plus(r.GPUMemoryTotalBytes)
		n++
	}
	g.Replicas = len(readings)
	g.Waiting = g.Waiting.With(atUnix, queue.Over(Known(n)))
	g.KVUsage = g.KVUsage.With(atUnix, kv.Over(Known(n)))
	g.GPUMemory = g.GPUMemory.With(atUnix, used.Over(total))
	return g
}

// Series are the sums from which the mean and the straight line through points
// in time follow, without the points.
type Series struct {
	FromUnix float64 `json:"from_unix"` // of the first point
	N        float64 `json:"n"`
	T        float64 `json:"t"`  // seconds since FromUnix, summed
	TT       float64 `json:"tt"` // their squares
	V        float64 `json:"v"`
	VV       float64 `json:"vv"`
	TV       float64 `json:"tv"`
	Max      float64 `json:"max"`
	Last     float64 `json:"last"`
}

// With adds a point; an unknown one is left out.
func (s Series) With(atUnix float64, m Measure) Series {
	v, ok := m.Get()
	if !ok {
		return s
	}
	if s.N == 0 {
		s.FromUnix, s.Max = atUnix, v
	}
	t := atUnix - s.FromUnix
	s.N, s.T, s.TT, s.V, s.VV, s.TV = s.N+1, s.T+t, s.TT+t*t, s.V+v, s.VV+v*v, s.TV+t*v
	s.Max, s.Last = max(s.Max, v), v
	return s
}

// Mean of the points, unknown without any.
func (s Series) Mean() Measure { return Known(s.V).Over(Known(s.N)) }

// Slope is that of the least-squares line, per second, with its standard error.
// ok is false for fewer than three points or when all are of one instant.
func (s Series) Slope() (perSecond, standardError float64, ok bool) {
	spread := s.TT - s.T*s.T/max(s.N, 1)
	if s.N < 3 || spread <= 0 {
		return 0, 0, false
	}
	together := s.TV - s.T*s.V/s.N
	perSecond = together / spread
	left := max(0, s.VV-s.V*s.V/s.N-perSecond*together)
	return perSecond, math.Sqrt(left / (s.N - 2) / spread), true
}
