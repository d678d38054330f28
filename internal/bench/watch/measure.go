package watch

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/activities"
)

// Load is how many fleets are watched and how.
type Load struct {
	Fleets      int     `json:"fleets"`
	TickSeconds float64 `json:"tick_seconds"`
	// UpsetWithin is the time in seconds within which every fleet is upset once,
	// after one tick of calm.
	UpsetWithin float64 `json:"upset_within_seconds"`
	// Samples are those that a router keeps of a window of 15 s.
	Samples int `json:"samples"`
}

// Full is the load that counts: a thousand fleets at the default tick.
func Full() Load { return Load{Fleets: 1000, TickSeconds: 5, UpsetWithin: 25, Samples: 60} }

// Row is how late the watch was with one kind of upset.
type Row struct {
	Upset      string  `json:"upset"`
	Fleets     int     `json:"fleets"`
	Found      int     `json:"found"`
	P50Seconds float64 `json:"p50_seconds"`
	P95Seconds float64 `json:"p95_seconds"`
	MaxSeconds float64 `json:"max_seconds"`
}

// Report is what was measured.
type Report struct {
	Simulated bool    `json:"simulated"` // always: routers and engines
	Load      Load    `json:"load"`
	Rows      []Row   `json:"rows"`
	Looks     int64   `json:"looks"`
	Seconds   float64 `json:"seconds"`
	// CPUMillisPerLook is processor time for one look at one fleet, the simulated
	// router's part included; FleetsPerCore follows from it and the tick.
	CPUMillisPerLook float64 `json:"cpu_ms_per_look"`
	FleetsPerCore    float64 `json:"fleets_per_core"`
	// KiBPerFleet is heap and stacks at their height, the test environment's part
	// included.
	KiBPerFleet float64 `json:"kib_per_fleet"`
}

// found is when the watch of a fleet returned, after its upset.
type found struct {
	kind upset
	late time.Duration
	err  error
}

// Measure watches all fleets until each of them was found upset.
func Measure(load Load) (Report, error) {
	world := newWorld(load)
	before, cpuBefore := memory(), processorTime()
	world.began = time.Now()
	results := make([]found, load.Fleets)
	var all sync.WaitGroup
	for n := range load.Fleets {
		all.Go(func() { results[n] = world.watch(n, load) })
	}
	time.Sleep(time.Duration((load.TickSeconds + load.UpsetWithin/2) * float64(time.Second)))
	height := memory()
	all.Wait()
	elapsed, cpu := time.Since(world.began), processorTime()-cpuBefore
	r := Report{Simulated: true, Load: load, Looks: world.looks.Load(), Seconds: elapsed.Seconds()}
	r.CPUMillisPerLook = float64(cpu.Microseconds()) / 1000 / float64(r.Looks)
	r.FleetsPerCore = load.TickSeconds * 1000 / r.CPUMillisPerLook
	r.KiBPerFleet = (float64(height) - float64(before)) / 1024 / float64(load.Fleets)
	for _, kind := range []upset{slow, moved} {
		r.Rows = append(r.Rows, rowOf(kind, results))
	}
	return r, errorsOf(results)
}

func newWorld(load Load) *simulated {
	random := rand.New(rand.NewPCG(1, 2))
	s := &simulated{fleets: map[string]*simulatedFleet{}, samples: load.Samples}
	for n := range load.Fleets {
		kind := slow
		if n%2 == 1 {
			kind = moved
		}
		at := load.TickSeconds + random.Float64()*load.UpsetWithin
		s.fleets[fleet(n).Name] = &simulatedFleet{kind: kind, at: time.Duration(at * float64(time.Second))}
	}
	return s
}

// watch runs one fleet's activity to its first change of state.
func (s *simulated) watch(n int, load Load) found {
	f := fleet(n)
	env := newEnvironment()
	env.RegisterActivity(activities.NewWatch(s, s, activities.NewMetrics(s, s, s), s))
	// Fleets are not watched in step: their monitors began at different times.
	time.Sleep(time.Duration(float64(n) / float64(load.Fleets) * load.TickSeconds * float64(time.Second)))
	_, err := env.ExecuteActivity("WatchFleet", activities.WatchFleetInput{Fleet: f, TickSeconds: load.TickSeconds, WindowSeconds: 15,
		MaxSeconds: 300, MinSamples: 10, SnapshotSeconds: 60, CountSeconds: 60, DescribeSeconds: 10})
	kind := s.fleets[f.Name]
	return found{kind: kind.kind, late: time.Since(s.began) - kind.at, err: err}
}

func newEnvironment() *testsuite.TestActivityEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	env := suite.NewTestActivityEnvironment()
	return env.SetTestTimeout(5 * time.Minute)
}

func rowOf(kind upset, results []found) Row {
	row := Row{Upset: string(kind)}
	var late []float64
	for _, r := range results {
		if r.kind != kind {
			continue
		}
		row.Fleets++
		if r.err == nil && r.late >= 0 {
			row.Found++
			late = append(late, r.late.Seconds())
		}
	}
	if slices.Sort(late); len(late) > 0 {
		row.P50Seconds, row.P95Seconds, row.MaxSeconds = late[len(late)/2], late[len(late)*95/100], late[len(late)-1]
	}
	return row
}

func errorsOf(results []found) error {
	var errs []error
	for _, r := range results {
		if r.err != nil {
			errs = append(errs, r.err)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%d watches failed, the first: %w", len(errs), errors.Join(errs[0]))
}

// memory is what heap and stacks hold now, in bytes.
func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// processorTime is what this process has used, in user and system mode.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
