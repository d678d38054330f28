package rig

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// judge waits until the state is as it must be, or no longer, and then holds all that
// was seen against the invariants.
func (r *run) judge(ctx context.Context, out *chaos.Result) error {
	ended := time.Now()
	first := true
	err := until(ctx, settleLimit, "settle", func(ctx context.Context) bool {
		r.observe(ctx)
		wrong := chaos.Unsettled(r.facts)
		if first {
			out.Repaired, first = wrong, false
		}
		return len(wrong) == 0
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	out.Settled = time.Since(ended).Seconds()
	if err != nil {
		out.Repaired = nil // they are breaches
	}
	r.fleet.home()
	if r.facts.Ended {
		r.read(ctx)
	}
	r.tell(ctx, out)
	out.Breaches = chaos.Breaches(r.facts)
	return nil
}

// observe looks at the state of the world.
func (r *run) observe(ctx context.Context) {
	f := &r.facts
	f.Plan, f.Replicas, f.From, f.Unseen = r.plan, replicas, r.fleet.record.Config.Key(), nil
	if f.To == "" && r.facts.Ended {
		r.read(ctx)
	}
	unseen := func(what string, err error) {
		if err != nil {
			f.Unseen = append(f.Unseen, fmt.Sprintf("%s: %v", what, err))
		}
	}
	traffic, err := r.cell.trafficOf(ctx, r.fleet)
	unseen("traffic", err)
	f.Weights, f.Routed = traffic.Weights, traffic.Pool(serving.Stable).Endpoints
	f.Running, err = r.cell.engines.Describe(ctx, r.fleet.record)
	unseen("engines", err)
	var record serving.Fleet
	unseen("record", r.who.send(ctx, "", http.MethodGet, "/api/v1/fleets/"+r.fleet.name, nil, &record))
	f.Registered = record.Config.Key()
	f.Processes = map[string]int{}
	for variant, pids := range count()[r.fleet.name] {
		f.Processes[variant] = len(pids)
	}
}

// tell gathers what was told of the run: to its users, in its record, in the audit
// log and in its histories.
func (r *run) tell(ctx context.Context, out *chaos.Result) {
	f := &r.facts
	sent, failed := r.fleet.complaints()
	excused, lost := chaos.Lost(failed, outages(out.Blows))
	out.Sent, out.Excused, out.Lost, f.Lost = sent, len(excused), lost, lost
	out.Status, out.Outcome, out.Reason = f.Status, f.Outcome, f.Reason
	out.Restored = r.restored()
	if err := r.record(ctx); err != nil {
		f.Unseen = append(f.Unseen, err.Error())
	}
	f.Accepted = r.who.accepted
	r.audit(ctx)
	f.Replays = r.cell.replay(ctx, r.plan.Fleet())
}

// audit reads the log until all is there that was accepted: what the database
// missed is written as soon as it is back.
func (r *run) audit(ctx context.Context) {
	var last error
	err := until(ctx, time.Minute, "audit log", func(ctx context.Context) bool {
		r.facts.Audited, last = r.who.audited(ctx)
		return last == nil && chaos.Unaudited(r.facts) == ""
	})
	if err != nil && last != nil {
		r.facts.Unseen = append(r.facts.Unseen, fmt.Sprintf("audit log: %v", last))
	}
}

// record waits until the agent's record of the run is closed: what the database
// missed is written as soon as it is back.
func (r *run) record(ctx context.Context) error {
	path := "/api/v1/rollouts/" + r.execution.ID
	if r.plan.Scenario == chaos.Optimize {
		path = "/api/v1/runs/" + r.execution.ID
	}
	var last error
	err := until(ctx, time.Minute, "the record is closed", func(ctx context.Context) bool {
		var record struct {
			Outcome serving.Outcome `json:"outcome"`
			Closed  *time.Time      `json:"closed_at"`
		}
		last = r.who.send(ctx, "", http.MethodGet, path, nil, &record)
		r.facts.Recorded, r.facts.RecordClosed = record.Outcome, record.Closed != nil
		return last == nil && record.Closed != nil
	})
	if err != nil && last != nil {
		return errors.Join(err, last)
	}
	return nil
}

// restored is how long users felt the trouble of the scenario.
func (r *run) restored() *float64 {
	from, until := r.troubledAt, r.moments.when(chaos.Restored)
	if r.plan.Scenario == chaos.BadCanary {
		from = r.moments.when(chaos.CanaryServes)
	}
	if from.IsZero() || until.IsZero() || until.Before(from) || r.facts.Outcome != serving.OutcomeRolledBack {
		return nil
	}
	seconds := until.Sub(from).Seconds()
	return &seconds
}
