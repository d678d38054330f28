package whatif

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// request is an arrival and the stage that sent it.
type request struct {
	llmsim.Arrival
	stage int
}

// source gives requests in order of time; false when there are no more.
type source interface {
	next() (request, bool, error)
}

// driver steps a core through the requests of a source. It holds only those that
// have not ended, and one that is not yet due.
type driver struct {
	core     *llmsim.Core
	source   source
	upcoming request
	more     bool
	live     map[*sched.Request]int // stage
	result   *tally
}

// drive runs until the source is empty and every request has ended.
func drive(c *llmsim.Core, s source, result *tally) error {
	d := driver{core: c, source: s, live: map[*sched.Request]int{}, result: result}
	if err := d.fetch(); err != nil {
		return err
	}
	now := 0.0
	for {
		if err := d.submitUntil(now); err != nil {
			return err
		}
		seconds, rejected, ok := c.Begin(now)
		for _, r := range rejected {
			d.result.reject(d.live[r.Request])
			delete(d.live, r.Request)
		}
		if !ok {
			at, waiting := d.nextEvent()
			if !waiting {
				d.result.end(now, c.Stats())
				return nil
			}
			now = at
			continue
		}
		now += seconds
		for _, e := range c.Finish(now) {
			d.note(e)
		}
		d.result.step(c.Stats())
	}
}

func (d *driver) fetch() (err error) {
	d.upcoming, d.more, err = d.source.next()
	return err
}

// submitUntil hands over what has arrived by now.
func (d *driver) submitUntil(now float64) error {
	for d.more && d.upcoming.AtSeconds <= now {
		r := &sched.Request{Prompt: d.upcoming.Prompt, Output: d.upcoming.Output, Times: sched.Times{Arrived: d.upcoming.AtSeconds}}
		d.live[r] = d.upcoming.stage
		d.core.Submit(r)
		if err := d.fetch(); err != nil {
			return fmt.Errorf("next request: %w", err)
		}
	}
	return nil
}

// nextEvent is when something can happen in an engine that is idle now.
func (d *driver) nextEvent() (at float64, ok bool) {
	at, ok = d.core.NextQueued()
	if d.more && (!ok || d.upcoming.AtSeconds < at) {
		return d.upcoming.AtSeconds, true
	}
	return at, ok
}

func (d *driver) note(e sched.Emission) {
	stage := d.live[e.Request]
	if e.Index > 0 {
		d.result.gap(stage, e.GapSeconds)
	}
	if e.Last {
		d.result.finish(stage, e.Request)
		delete(d.live, e.Request)
	}
}
