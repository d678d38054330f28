package loadgen

import (
	"math"
	"runtime"
	"runtime/metrics"
	"syscall"
	"time"
)

// schedLatencies is how long goroutines waited, ready to run, for a processor.
const schedLatencies = "/sched/latencies:seconds"

// meter watches the process of the generator: when it is short of processors,
// tokens are stamped late and the latencies are its own.
type meter struct {
	began time.Time
	cpu   time.Duration
	waits []uint64
}

// metering is what a meter read. It is of the whole process, so that of a worker
// includes its other work, which delays the generator just as well.
type metering struct {
	share   float64 // of the processors that the process may use, 0..1
	wakeP99 float64 // seconds
}

func startMeter() *meter {
	_, waits := readWaits()
	return &meter{began: time.Now(), cpu: cpuTime(), waits: waits}
}

func (m *meter) read() metering {
	bounds, waits := readWaits()
	for i := range min(len(waits), len(m.waits)) {
		waits[i] -= m.waits[i]
	}
	out := metering{wakeP99: roundTo(upperQuantile(bounds, waits, 0.99), 1e-6)}
	if wall := time.Since(m.began).Seconds(); wall > 0 {
		out.share = roundTo((cpuTime()-m.cpu).Seconds()/wall/float64(runtime.GOMAXPROCS(0)), 1e-4)
	}
	return out
}

// cpuTime is what the process has used, 0 where the system does not say.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func readWaits() (bounds []float64, counts []uint64) {
	sample := []metrics.Sample{{Name: schedLatencies}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return nil, nil
	}
	h := sample[0].Value.Float64Histogram()
	return h.Buckets, append([]uint64(nil), h.Counts...)
}

// upperQuantile is the upper bound of the bucket in which the quantile lies.
func upperQuantile(bounds []float64, counts []uint64, q float64) float64 {
	total, seen := uint64(0), uint64(0)
	for _, c := range counts {
		total += c
	}
	for i, c := range counts {
		if seen += c; total > 0 && float64(seen) >= q*float64(total) {
			if upper := bounds[i+1]; !math.IsInf(upper, 1) {
				return upper
			}
			return bounds[i]
		}
	}
	return 0
}
