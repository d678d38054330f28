package scrape

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// Cost is that of one page, the median of the rounds.
type Cost struct {
	CPUMicros float64 `json:"cpu_us"`
	Allocs    float64 `json:"allocs"`
	KiB       float64 `json:"allocated_kib"`
}

// Effort is how long is measured.
type Effort struct {
	// Round is the processor time that one side of a round takes at least.
	Round time.Duration
	// Rounds are measured at least; more, up to MaxRounds, until the middle half of
	// them lies within Spread of the median.
	Rounds, MaxRounds int
	Spread            float64 // 0.05 is 5%
}

// Short takes some seconds a page, Full half a minute.
func Short() Effort {
	return Effort{Round: 50 * time.Millisecond, Rounds: 9, MaxRounds: 21, Spread: 0.05}
}

// Full is for figures that are published.
func Full() Effort {
	return Effort{Round: 200 * time.Millisecond, Rounds: 21, MaxRounds: 61, Spread: 0.03}
}

// compared measures two ways in turn, so that whatever slows the machine for a
// while slows both, and also gives the median of the rounds' ratios.
func compared(effort Effort, ours, peers func() error) (us, peer Cost, ratio float64, err error) {
	ourTimes, err := repetitions(effort.Round, ours)
	if err != nil {
		return us, peer, 0, err
	}
	peerTimes, err := repetitions(effort.Round, peers)
	if err != nil {
		return us, peer, 0, err
	}
	var a, b []Cost
	var ratios []float64
	for len(ratios) < effort.MaxRounds {
		x, err := cost(ourTimes, ours)
		if err != nil {
			return us, peer, 0, err
		}
		y, err := cost(peerTimes, peers)
		if err != nil {
			return us, peer, 0, err
		}
		a, b, ratios = append(a, x), append(b, y), append(ratios, x.CPUMicros/y.CPUMicros)
		if len(ratios) >= effort.Rounds && spread(ratios) <= effort.Spread {
			break
		}
	}
	return medianCost(a), medianCost(b), median(ratios), nil
}

// alone measures one way.
func alone(effort Effort, way func() error) (Cost, error) {
	times, err := repetitions(effort.Round, way)
	if err != nil {
		return Cost{}, err
	}
	var rounds []Cost
	var micros []float64
	for len(rounds) < effort.MaxRounds {
		c, err := cost(times, way)
		if err != nil {
			return Cost{}, err
		}
		rounds, micros = append(rounds, c), append(micros, c.CPUMicros)
		if len(rounds) >= effort.Rounds && spread(micros) <= effort.Spread {
			break
		}
	}
	return medianCost(rounds), nil
}

// repetitions is how often something must be done to take that long.
func repetitions(atLeast time.Duration, do func() error) (int, error) {
	for n := 1; ; n *= 2 {
		c, err := cost(n, do)
		if err != nil {
			return 0, err
		}
		if took := c.CPUMicros * float64(n); took >= float64(atLeast.Microseconds()) || n >= 1<<20 {
			return n, nil
		}
	}
}

// cost of doing it once, over n times.
func cost(n int, do func() error) (Cost, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := processorTime()
	for range n {
		if err := do(); err != nil {
			return Cost{}, fmt.Errorf("measured way: %w", err)
		}
	}
	took := processorTime() - began
	runtime.ReadMemStats(&after)
	each := func(total float64) float64 { return total / float64(n) }
	return Cost{CPUMicros: each(float64(took.Nanoseconds()) / 1e3), Allocs: each(float64(after.Mallocs - before.Mallocs)),
		KiB: each(float64(after.TotalAlloc-before.TotalAlloc) / 1024)}, nil
}

// processorTime is what this process has used, in user and system mode.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func medianCost(rounds []Cost) Cost {
	of := func(pick func(Cost) float64) float64 {
		var values []float64
		for _, r := range rounds {
			values = append(values, pick(r))
		}
		return median(values)
	}
	return Cost{CPUMicros: of(func(c Cost) float64 { return c.CPUMicros }), Allocs: of(func(c Cost) float64 { return c.Allocs }),
		KiB: of(func(c Cost) float64 { return c.KiB })}
}

// median of an even number of values is the mean of the two in the middle.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// spread is the middle half of the values as a part of their median.
func spread(values []float64) float64 {
	m := median(values)
	if m == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)*3/4] - sorted[(n-1)/4]) / m
}
