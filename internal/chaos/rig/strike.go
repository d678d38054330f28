package rig

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/llmsim/fault"
)

// errNobody says that a fault found nothing to hit.
var errNobody = errors.New("nothing there to hit")

// strike makes the fault, and returns what ends it after its time.
func (c *cell) strike(fl *fleet, f chaos.Fault) (end func() error, err error) {
	switch f.Target {
	case chaos.Worker:
		return hit(c.worker, f)
	case chaos.Server:
		return hit(c.server, f)
	case chaos.Temporal:
		if f.Way == chaos.Kill || f.Way == chaos.Freeze {
			return hit(c.temporal, f)
		}
		return bend(c.toTemporal, f.Way)
	case chaos.Database:
		if f.Way == chaos.Kill {
			return c.killDatabase()
		}
		return bend(c.toDatabase, f.Way)
	case chaos.Advisor:
		return bend(c.toAdvisor, f.Way)
	case chaos.Disk:
		return c.disk.free, c.disk.fill()
	case chaos.Router:
		return hit(fl.front.service, f)
	case chaos.Control:
		return bend(fl.front.control, f.Way)
	case chaos.Engine:
		return hitEngine(fl, f)
	case chaos.Metrics:
		return spoil(fl, f)
	}
	return nil, fmt.Errorf("no such target: %s", f.Target)
}

// hit kills or freezes a program.
func hit(s *service, f chaos.Fault) (func() error, error) {
	if f.Way == chaos.Freeze {
		return s.thaw, s.freeze()
	}
	s.kill(f.Lasts())
	return func() error { return nil }, nil // it comes back by itself
}

// bend makes a connection a bad one.
func bend(p *proxy, way chaos.Way) (func() error, error) {
	p.set(way)
	return func() error { p.set(""); return nil }, nil
}

func (c *cell) killDatabase() (func() error, error) {
	if !c.mu.TryLock() {
		return nil, fmt.Errorf("the database is dead already: %w", errNobody)
	}
	c.postgres.Kill()
	return func() error { defer c.mu.Unlock(); return c.postgres.Restart() }, nil
}

// hitEngine kills or freezes one engine of the variant; which one follows from the
// plan as well.
func hitEngine(fl *fleet, f chaos.Fault) (func() error, error) {
	pids := count()[fl.name][f.Variant]
	if len(pids) == 0 {
		return nil, fmt.Errorf("no engine of %s: %w", f.Variant, errNobody)
	}
	pid := pids[int(f.AfterMS)%len(pids)]
	signal, after := syscall.SIGKILL, func() error { return nil }
	if f.Way == chaos.Freeze {
		signal, after = syscall.SIGSTOP, func() error { return gone(syscall.Kill(pid, syscall.SIGCONT)) }
	}
	return after, gone(syscall.Kill(pid, signal))
}

// gone takes an engine that has ended by now for what it is: no error.
func gone(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// spoil makes engines answer badly when they are asked for their metrics.
func spoil(fl *fleet, f chaos.Fault) (func() error, error) {
	one := fault.Fault{Variant: f.Variant, Kind: fault.NoMetrics}
	switch f.Way {
	case chaos.Delay:
		one.Kind, one.Seconds = fault.SlowMetrics, 4
	case chaos.Corrupt:
		one.Kind = fault.CorruptMetrics
	}
	return func() error { return fl.faults.lift(one) }, fl.faults.plant(one)
}

// outage is what the blow excuses of users' requests: those in flight on what died,
// and those on an engine while it was frozen.
func outage(b chaos.Blow) (chaos.Outage, bool) {
	o := chaos.Outage{Cause: b.Fault.Kind(), From: b.At, Hit: b.Done, Until: b.Until}
	switch {
	case b.Fault.Way == chaos.Kill && (b.Fault.Target == chaos.Router || b.Fault.Target == chaos.Engine):
		o.Dead = true
		return o, true
	case b.Fault.Way == chaos.Freeze && b.Fault.Target == chaos.Engine:
		return o, true
	}
	return o, false
}

func outages(of []chaos.Blow) (out []chaos.Outage) {
	for _, b := range of {
		if o, is := outage(b); is && b.Missed == "" {
			out = append(out, o)
		}
	}
	return out
}

// deal makes one fault of a run at its moment, and returns when it is over. A fault
// whose moment has not come when the run is over is missed.
func (r *run) deal(f chaos.Fault, over <-chan struct{}) chaos.Blow {
	b := chaos.Blow{Fault: f, Seed: r.plan.Seed}
	select {
	case <-r.moments.news[f.At]:
	case <-over:
		b.Missed = "the moment never came"
		return b
	}
	wait := time.NewTimer(f.After())
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-over:
		b.Missed = "the run was over before"
		return b
	}
	return r.blow(b)
}

func (r *run) blow(b chaos.Blow) chaos.Blow {
	b.At = time.Now()
	end, err := r.cell.strike(r.fleet, b.Fault)
	if err != nil {
		b.Missed = err.Error()
		return b
	}
	b.Done = time.Now()
	r.cell.note(b)
	lasts := time.NewTimer(b.Fault.Lasts())
	defer lasts.Stop()
	<-lasts.C
	if err := end(); err != nil {
		b.Trouble = err.Error()
	}
	b.Until = time.Now()
	return b
}
