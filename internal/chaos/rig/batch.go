package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/chaos"
)

// Options of a batch.
type Options struct {
	Seed  uint64 // of the first run; the others follow
	Runs  int
	Cells int // installations
	Lanes int // runs side by side in each
	// Keep leaves the logs where they are.
	Keep  bool
	Tools Tools
	Out   io.Writer
}

// Run makes the runs and reports them. An error says that the batch could not be
// made; what a run found is in the report.
func Run(ctx context.Context, o Options) (report chaos.Report, err error) {
	dir, err := os.MkdirTemp("/tmp", "chaos") // short: it holds sockets
	if err != nil {
		return report, fmt.Errorf("folder of the batch: %w", err)
	}
	fmt.Fprintln(o.Out, "logs in", dir)
	b := &batch{options: o, plans: make(chan chaos.Plan)}
	began := time.Now()
	cells, err := b.open(ctx, dir)
	if err == nil {
		b.run(ctx, cells)
	}
	report = chaos.ReportOf(b.results, b.unplanned(cells), time.Since(began).Seconds())
	for _, c := range cells {
		err = errors.Join(err, c.close())
	}
	if !o.Keep && err == nil && report.OK() {
		err = os.RemoveAll(dir)
	}
	return report, err
}

type batch struct {
	options Options
	plans   chan chaos.Plan

	mu      sync.Mutex
	results []chaos.Result
	engines census
}

// open starts the cells, one after the other; on an error, those that began are
// returned for being closed.
func (b *batch) open(ctx context.Context, dir string) (cells []*cell, err error) {
	for i := range b.options.Cells {
		c, err := startCell(ctx, filepath.Join(dir, fmt.Sprintf("c%d", i)), b.options.Tools, b.options.Out)
		cells = append(cells, c)
		if err != nil {
			return cells, fmt.Errorf("start cell %d: %w", i, err)
		}
	}
	return cells, nil
}

func (b *batch) run(ctx context.Context, cells []*cell) {
	counting, stop := context.WithCancel(ctx)
	var beside, lanes sync.WaitGroup
	beside.Go(func() { b.keepCounting(counting) })
	for _, c := range cells {
		for range b.options.Lanes {
			lanes.Go(func() { b.lane(ctx, c) })
		}
	}
	for i := range b.options.Runs {
		select {
		case b.plans <- chaos.Draw(b.options.Seed + uint64(i)):
			continue
		case <-ctx.Done():
		}
		break
	}
	close(b.plans)
	lanes.Wait()
	stop()
	beside.Wait()
}

func (b *batch) lane(ctx context.Context, c *cell) {
	for p := range b.plans {
		r := c.play(ctx, p, b.census)
		if ctx.Err() != nil {
			continue // interrupted: it says nothing
		}
		b.mu.Lock()
		b.results = append(b.results, r)
		fmt.Fprintf(b.options.Out, "%3d of %d  ", len(b.results), b.options.Runs)
		r.Print(b.options.Out)
		b.mu.Unlock()
	}
}

// keepCounting reads the engines of all runs at once.
func (b *batch) keepCounting(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		now := count()
		b.mu.Lock()
		b.engines = now
		b.mu.Unlock()
		<-tick.C
	}
}

func (b *batch) census() census {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.engines
}

func (b *batch) unplanned(cells []*cell) map[string]int {
	out := map[string]int{}
	for _, c := range cells {
		for name, n := range c.unplanned() {
			out[name] += n
		}
	}
	return maps.Clone(out)
}

// note keeps a blow on shared parts, so that runs can tell what else hit them.
func (c *cell) note(b chaos.Blow) {
	if !b.Fault.Shared() {
		return
	}
	c.struck.Lock()
	defer c.struck.Unlock()
	c.strikes = append(c.strikes, b)
}

// around are the blows of others since then.
func (c *cell) around(seed uint64, since time.Time) (out []chaos.Blow) {
	c.struck.Lock()
	defer c.struck.Unlock()
	for _, b := range c.strikes {
		if b.Seed != seed && b.At.After(since.Add(-10*time.Second)) {
			out = append(out, b)
		}
	}
	return out
}
