package perfmodel

import "fmt"

// staticCacheBytes is the KV cache of an engine whose memory share holds weights
// and cache only. What a step needs beside them must find room in the rest: the
// two ways of running out of memory ask for opposite changes of the share.
func staticCacheBytes(a Architecture, g GPU, s Settings, p profile, weights float64) (float64, error) {
	budget, overhead := s.GPUMemoryUtilization*g.MemoryBytes, overheadBytes(a, s, p)
	left := budget - weights - draftBytes(a, s)
	switch {
	case left <= 0:
		return 0, fmt.Errorf("not enough memory: weights of %.2f GiB exceed the %.2f GiB that %s %.3g allows on %s, please try to increase %s",
			(weights+draftBytes(a, s))/gib, budget/gib, s.MemoryFlag, s.GPUMemoryUtilization, g.Name, s.MemoryFlag)
	case budget+overhead-draftBytes(a, s) > g.MemoryBytes:
		return 0, fmt.Errorf("out of memory: %s %.3g leaves %.2f GiB on %s and a step needs %.2f GiB, please try to decrease %s or --chunked-prefill-size",
			s.MemoryFlag, s.GPUMemoryUtilization, (g.MemoryBytes-budget)/gib, g.Name, overhead/gib, s.MemoryFlag)
	}
	return left, nil
}
