package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Monitor looks after one fleet for ever: it records violations, passes those
// that concern a canary to the open rollout, and reports and repairs what is not
// as recorded although nobody is changing it. It lives by continue-as-new and ends when it is cancelled.
func Monitor(ctx workflow.Context, in MonitorInput) error {
	m := &monitor{in: in, state: in.State}
	if err := m.init(ctx); err != nil {
		return err
	}
	return m.run(ctx)
}

// Bounds of one round of Monitor.
const (
	// WatchSeconds is how long one WatchFleet runs without a change: each round costs
	// some history events, see the bench's part growth.
	WatchSeconds = 300.0
	// watchWindowSeconds is short, since a violation must be seen within 30 s, and
	// long enough for a few samples at a small canary share.
	watchWindowSeconds = 15
	watchMinSamples    = 10
	snapshotSeconds    = 60
	// describeSeconds bounds what thousands of fleets ask of their provisioners:
	// two looks at variants, as many as are believed, take under 30 s.
	describeSeconds = 10
	countSeconds    = 15
	// loadWithin bounds how long a fleet that is known goes unwatched because its
	// record cannot be read.
	loadWithin = 10 * time.Second
	// RoundsPerExecution bounds history even where the server suggests nothing.
	RoundsPerExecution = 200
)

type monitor struct {
	in    MonitorInput
	state MonitorState
	last  string
	story *story
	// known is the fleet as it was loaded last; nil before the first time.
	known *serving.Fleet
}

func (m *monitor) init(ctx workflow.Context) error {
	setDefault(&m.in.TickSeconds, 5)
	setDefault(&m.state.StartedAt, unix(workflow.Now(ctx)))
	m.story = newStory(ctx, MonitorID(m.in.Fleet), m.in.Fleet)
	return workflow.SetQueryHandler(ctx, StatusQuery, func() (MonitorStatus, error) {
		return MonitorStatus{Fleet: m.in.Fleet, State: m.state, Last: m.last}, nil
	})
}

func (m *monitor) run(ctx workflow.Context) error {
	for round := 0; round < RoundsPerExecution && !workflow.GetInfo(ctx).GetContinueAsNewSuggested(); round++ {
		if err := m.round(ctx); err != nil {
			m.story.finish(ctx)
			if canceled(ctx) {
				return workflow.ErrCanceled
			}
			return err
		}
	}
	m.story.finish(ctx)
	return workflow.NewContinueAsNewError(ctx, Monitor, MonitorInput{Fleet: m.in.Fleet, TickSeconds: m.in.TickSeconds, State: m.state})
}

// round loads the fleet afresh, so that changed objectives count, and watches it
// until something changes. A fleet that is gone ends the monitor.
func (m *monitor) round(ctx workflow.Context) error {
	m.state.Rounds++
	fleet, err := m.load(ctx)
	if err != nil {
		return failed(ErrRunFailed, "load fleet: "+rootMessage(err))
	}
	show(ctx, FleetKey.ValueSet(m.in.Fleet), EngineKey.ValueSet(string(fleet.Config.Engine)), PhaseKey.ValueSet("watching"))
	var seen activities.WatchFleetResult
	err = workflow.ExecuteActivity(watching(ctx, seconds(WatchSeconds), "watch "+m.in.Fleet), watch.WatchFleet,
		activities.WatchFleetInput{Fleet: fleet, TickSeconds: m.in.TickSeconds, WindowSeconds: watchWindowSeconds,
			MaxSeconds: WatchSeconds, MinSamples: watchMinSamples, Open: m.state.Open, SnapshotSeconds: snapshotSeconds, CountSeconds: countSeconds,
			DescribeSeconds: describeSeconds, Known: m.state.Drifting}).Get(ctx, &seen)
	if err != nil {
		if canceled(ctx) || temporal.IsCanceledError(err) {
			return err
		}
		return m.blind(ctx, err)
	}
	m.handle(ctx, fleet, seen)
	m.checkRegression(ctx, fleet)
	return nil
}

// load is the fleet as it is recorded. While the store is away it is the one that
// was loaded last: objectives of a minute ago are better than no watch.
func (m *monitor) load(ctx workflow.Context) (serving.Fleet, error) {
	policy := recalling(ctx, "load fleet")
	if m.known != nil {
		policy = workflow.WithScheduleToCloseTimeout(policy, loadWithin)
	}
	var loaded activities.LoadFleetResult
	err := workflow.ExecuteActivity(policy, fleets.LoadFleet, activities.LoadFleetInput{Name: m.in.Fleet}).Get(ctx, &loaded)
	if err == nil {
		m.known = &loaded.Fleet
		return loaded.Fleet, nil
	}
	if m.known == nil || canceled(ctx) || errorType(err) == activities.TypePermanent {
		return loaded.Fleet, err
	}
	workflow.GetLogger(ctx).Warn("watching the fleet as it was loaded before", "fleet", m.in.Fleet, "error", err)
	return *m.known, nil
}

// blind is a watch that could not see: it is told and tried again after a while.
func (m *monitor) blind(ctx workflow.Context, err error) error {
	m.tell(ctx, "note", "the fleet cannot be watched: "+rootMessage(err), activities.RecordInput{})
	return workflow.Sleep(ctx, seconds(10))
}

func (m *monitor) handle(ctx workflow.Context, fleet serving.Fleet, seen activities.WatchFleetResult) {
	for _, v := range seen.Opened {
		m.state.Open = append(m.state.Open, v)
		m.signalRollout(ctx, v)
		now := workflow.Now(ctx).UTC()
		m.tell(ctx, "violation", describeViolation(v), activities.RecordInput{Violation: &serving.ViolationRecord{
			ID: v.ID, Violation: v, Fleet: m.in.Fleet, OpenedAt: now, LastSeenAt: now}})
		m.violated(ctx, v, serving.NoticeViolationOpened)
	}
	for _, v := range seen.Resolved {
		m.state.Open = without(m.state.Open, v.ID)
		m.tell(ctx, "violation", "over: "+describeViolation(v), activities.RecordInput{Resolved: v.ID, ResolvedAt: workflow.Now(ctx).UTC()})
		m.violated(ctx, v, serving.NoticeViolationResolved)
	}
	switch {
	case seen.Drift != nil:
		m.drifted(ctx, fleet, seen)
	case seen.Recovered:
		m.recovered(ctx, seen.Deviations)
	}
}

// signalRollout tells the open rollout, if there is one, about a violation. That
// there is none is the usual case.
func (m *monitor) signalRollout(ctx workflow.Context, v serving.Violation) {
	err := workflow.SignalExternalWorkflow(ctx, RolloutID(m.in.Fleet), "", SLOViolation, v).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Debug("no rollout to tell", "fleet", m.in.Fleet, "error", err)
	}
}

func (m *monitor) tell(ctx workflow.Context, eventType, message string, records activities.RecordInput) {
	m.last = message
	workflow.SetCurrentDetails(ctx, message)
	m.story.tell(ctx, records, eventType, message, nil)
}

func without(open []serving.Violation, id string) []serving.Violation {
	var out []serving.Violation
	for _, v := range open {
		if v.ID != id {
			out = append(out, v)
		}
	}
	return out
}
