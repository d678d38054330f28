package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// WatchedRouter is what the watch asks of a router.
type WatchedRouter interface {
	Traffic(ctx context.Context, fleet serving.Fleet) (serving.Traffic, error)
	Observer
}

// Owners says who may be changing a fleet now, so that what nobody owns can be
// told from the doings of a running rollout.
type Owners interface {
	Owners(ctx context.Context, fleet string) (serving.Ownership, error)
}

// Watch looks after fleets, each in one long activity: a watch that reacts
// within seconds would cost a workflow thousands of history events a day.
type Watch struct {
	router  WatchedRouter
	owners  Owners
	metrics *Metrics
	book    SLOBook
	looks   looks
}

// NewWatch returns the watching activity. metrics takes the regular snapshots and
// book keeps what is counted of the objectives.
func NewWatch(router WatchedRouter, owners Owners, metrics *Metrics, book SLOBook) *Watch {
	return &Watch{router: router, owners: owners, metrics: metrics, book: book}
}

// WatchFleetInput is what to watch and what is known already.
type WatchFleetInput struct {
	Fleet         serving.Fleet       `json:"fleet"`
	TickSeconds   float64             `json:"tick_seconds"`
	WindowSeconds float64             `json:"window_seconds"` // of the samples that are judged
	MaxSeconds    float64             `json:"max_seconds"`    // return after that long without a change
	MinSamples    int                 `json:"min_samples"`
	Open          []serving.Violation `json:"open"` // violations reported before
	// SnapshotSeconds is the distance of stored engine snapshots; 0 stores none.
	SnapshotSeconds float64 `json:"snapshot_seconds"`
	// CountSeconds is the distance of counts for the error budgets; 0 counts none.
	CountSeconds float64 `json:"count_seconds,omitempty"`
	// DescribeSeconds is the distance of looks at which variants run; 0 looks at
	// none. Known are the keys of the deviations that were reported before.
	DescribeSeconds float64  `json:"describe_seconds,omitempty"`
	Known           []string `json:"known,omitempty"`
}

// WatchFleetResult is the change of state that ended the watch.
type WatchFleetResult struct {
	Opened   []serving.Violation `json:"opened,omitempty"`
	Resolved []serving.Violation `json:"resolved,omitempty"`
	// Drift is the traffic when production was found not to be as recorded and
	// nobody is changing it; Deviations are all that was found, those that were
	// known included, and Running what runs. Recovered says that what was known
	// is over.
	Drift      *serving.Traffic        `json:"drift,omitempty"`
	Deviations []serving.Deviation     `json:"deviations,omitempty"`
	Running    []serving.VariantStatus `json:"running,omitempty"`
	Abandoned  *serving.Abandoned      `json:"abandoned,omitempty"`
	Recovered  bool                    `json:"recovered,omitempty"`
	Ticks      int                     `json:"ticks"`
	AtUnix     float64                 `json:"at_unix"`
}

func (r WatchFleetResult) changed() bool {
	return len(r.Opened) > 0 || len(r.Resolved) > 0 || r.Drift != nil || r.Recovered
}

// WatchFleet returns on the first change of state or after MaxSeconds. It
// judges what the router saw of each variant within the window at each tick.
func (a *Watch) WatchFleet(ctx context.Context, in WatchFleetInput) (WatchFleetResult, error) {
	state := newWatchState(in)
	defer a.looks.over(in.Fleet.Name)
	end := time.Now().Add(seconds(in.MaxSeconds))
	snapshotAt := time.Now().Add(seconds(in.SnapshotSeconds))
	for next := time.Now(); ; next = next.Add(seconds(in.TickSeconds)) {
		if err := waitOrStop(ctx, time.Until(next)); err != nil {
			return WatchFleetResult{}, err
		}
		a.looks.at(in.Fleet.Name, time.Now())
		result, err := a.tick(ctx, in, state)
		if err != nil {
			return result, translate(err)
		}
		if result.changed() || time.Now().After(end) {
			return result, nil
		}
		if in.SnapshotSeconds > 0 && time.Now().After(snapshotAt) {
			snapshotAt = time.Now().Add(seconds(in.SnapshotSeconds))
			a.snapshot(ctx, in, state)
		}
	}
}

func (a *Watch) tick(ctx context.Context, in WatchFleetInput, state *watchState) (WatchFleetResult, error) {
	activity.RecordHeartbeat(ctx)
	now := unixNow()
	traffic, err := a.router.Traffic(ctx, in.Fleet)
	if err != nil {
		return WatchFleetResult{}, fmt.Errorf("read traffic of %s: %w", in.Fleet.Name, err)
	}
	statuses, err := a.evaluate(ctx, in, state, now)
	if err != nil {
		return WatchFleetResult{}, fmt.Errorf("observe %s: %w", in.Fleet.Name, err)
	}
	result := WatchFleetResult{AtUnix: now}
	result.Opened, result.Resolved = state.judge(statuses, traffic, now)
	opened, resolved := a.account(ctx, in, state, traffic)
	result.Opened, result.Resolved = append(result.Opened, opened...), append(result.Resolved, resolved...)
	result.Ticks = state.ticks
	return result, a.lookForDrift(ctx, in, state, traffic, &result)
}

// evaluate judges the objectives of each variant over the window, by what the
// router saw or, where it keeps no samples, by what was counted.
func (a *Watch) evaluate(ctx context.Context, in WatchFleetInput, state *watchState, now float64) ([]slo.Status, error) {
	arms, err := a.router.Observe(ctx, in.Fleet, now-in.WindowSeconds, now)
	if errors.Is(err, serving.ErrNoSamples) {
		return a.evaluateCounts(ctx, in, state, now)
	}
	if err != nil {
		return nil, err
	}
	var out []slo.Status
	var longer []serving.ArmObservation
	for _, arm := range arms {
		statuses := slo.Evaluate(in.Fleet.SLOs, arm, in.Fleet.Name, arm.Variant, in.MinSamples)
		if hasFew(arm, in.MinSamples) && !slices.ContainsFunc(statuses, func(s slo.Status) bool { return s.Breached }) {
			if longer == nil {
				if longer, err = a.router.Observe(ctx, in.Fleet, now-fewWindows*in.WindowSeconds, now); err != nil {
					return nil, err
				}
			}
			statuses = slo.EvaluateFew(in.Fleet.SLOs, armIn(longer, arm.Variant), in.Fleet.Name, arm.Variant)
		}
		out = append(out, statuses...)
	}
	return out, nil
}

// fewWindows is how many windows a variant with few requests is judged over: a
// canary of 5% of 10 requests/s has 7 in one of 15 s, too few to tell anything.
const fewWindows = 2

// hasFew tells a variant with a little traffic from one with none.
func hasFew(arm serving.ArmObservation, enough int) bool {
	seen := arm.Requests + len(arm.Running)
	return seen > 0 && seen < enough
}

func armIn(arms []serving.ArmObservation, v serving.Variant) serving.ArmObservation {
	for _, arm := range arms {
		if arm.Variant == v {
			return arm
		}
	}
	return serving.ArmObservation{Variant: v}
}

// snapshot stores what stable's engines report. A failure is only logged: the
// watch must not go blind because an engine's metrics are away.
func (a *Watch) snapshot(ctx context.Context, in WatchFleetInput, state *watchState) {
	taken, err := a.metrics.ScrapeFleet(ctx, ScrapeFleetInput{Fleet: in.Fleet, Variant: serving.Stable,
		WindowSeconds: min(in.TickSeconds, in.SnapshotSeconds)})
	if err != nil {
		activity.GetLogger(ctx).Warn("snapshot failed", "fleet", in.Fleet.Name, "error", err)
		return
	}
	state.drift.revealed, state.drift.snapped = taken.Snapshot.Revealed, true
}
