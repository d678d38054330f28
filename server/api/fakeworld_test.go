package api_test

import (
	"cmp"
	"context"
	"encoding/json"
	"net/netip"
	"sync"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// fakeWorkflows records what it is asked for.
type fakeWorkflows struct {
	mu       sync.Mutex
	started  []api.Start
	commands []sentCommand
	canceled []api.Execution
	signals  []sentSignal
	running  map[string]api.Execution
	status   map[string]any // by workflow ID
	err      error          // of Start, Command, Signal and Cancel
	// signalErr is of Signal alone.
	signalErr error
	found     map[string]api.Execution // by type and run ID
	begun     func(api.Start)          // what a worker would do; nil is none
}

type sentCommand struct {
	On       api.Execution
	Name     string
	UpdateID string
	Command  workflows.Command
}

func (f *fakeWorkflows) Start(_ context.Context, s api.Start) (api.Execution, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return api.Execution{}, f.err
	}
	f.started = append(f.started, s)
	if f.begun != nil {
		f.begun(s)
	}
	return api.Execution{WorkflowID: s.ID, RunID: "run-of-" + s.ID}, nil
}

func (f *fakeWorkflows) Status(_ context.Context, e api.Execution, into any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, ok := f.status[e.WorkflowID]
	if !ok {
		return api.ErrNoWorker
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

func (f *fakeWorkflows) Command(_ context.Context, e api.Execution, name, updateID string, c workflows.Command) (workflows.CommandAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commands = append(f.commands, sentCommand{e, name, updateID, c})
	return workflows.CommandAnswer{Before: workflows.PhasePreparing, Phase: workflows.PhaseShifting}, f.err
}

type sentSignal struct {
	WorkflowID, Name string
	Payload          any
}

func (f *fakeWorkflows) Signal(_ context.Context, workflowID, name string, payload any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := cmp.Or(f.err, f.signalErr); err != nil {
		return err
	}
	f.signals = append(f.signals, sentSignal{workflowID, name, payload})
	return nil
}

func (f *fakeWorkflows) Cancel(_ context.Context, e api.Execution) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.canceled = append(f.canceled, e)
	return f.err
}

func (f *fakeWorkflows) Running(_ context.Context, id string) (api.Execution, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.running[id]
	return e, ok, nil
}

func (f *fakeWorkflows) Find(_ context.Context, workflowType, runID string) (api.Execution, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.found[workflowType+" "+runID]
	if !ok {
		return e, api.ErrUnknownWorkflow
	}
	return e, nil
}

// fakeWorld is the provisioner, the router, the scraper and the resolver.
type fakeWorld struct {
	mu       sync.Mutex
	variants []serving.VariantStatus
	traffic  serving.Traffic
	arms     []serving.ArmObservation
	readings map[string][]serving.Reading // by endpoint, one after the other
	names    map[string]netip.Addr
	read     []string
	err      error // of the router and the provisioner
}

func (w *fakeWorld) Describe(context.Context, serving.Fleet) ([]serving.VariantStatus, error) {
	return w.variants, w.err
}

func (w *fakeWorld) Traffic(context.Context, serving.Fleet) (serving.Traffic, error) {
	return w.traffic, w.err
}

func (w *fakeWorld) Observe(context.Context, serving.Fleet, float64, float64) ([]serving.ArmObservation, error) {
	return w.arms, w.err
}

// Watch reads each endpoint at both ends of the window, without waiting.
func (w *fakeWorld) Watch(ctx context.Context, fleet serving.Fleet, endpoints []string, _ float64) ([][]serving.Reading, error) {
	out := make([][]serving.Reading, len(endpoints))
	for range 2 {
		for i, e := range endpoints {
			r, err := w.Read(ctx, fleet, e)
			if err != nil {
				return nil, &serving.UnreadableError{Endpoint: e, Err: err}
			}
			out[i] = append(out[i], r)
		}
	}
	return out, ctx.Err()
}

func (w *fakeWorld) Read(_ context.Context, fleet serving.Fleet, endpoint string) (serving.Reading, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read = append(w.read, string(fleet.Config.Engine)+" "+endpoint)
	list := w.readings[endpoint]
	if len(list) == 0 {
		return serving.Reading{}, errRefused
	}
	r := list[0]
	if len(list) > 1 {
		w.readings[endpoint] = list[1:]
	}
	return r, nil
}

func (w *fakeWorld) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	a, ok := w.names[host]
	if !ok {
		return nil, errRefused
	}
	return []netip.Addr{a}, nil
}

// racingWorkflows changes the fleet while the API looks whether it is idle.
type racingWorkflows struct {
	*fakeWorkflows
	store *fakeStore
}

func (r *racingWorkflows) Running(ctx context.Context, id string) (api.Execution, bool, error) {
	f, err := r.store.Fleet(ctx, "chat")
	if err == nil {
		_, err = r.store.UpdateFleet(ctx, f, 0)
	}
	return api.Execution{}, false, err
}

// blockingWorkflows holds a start until it is told to go on.
type blockingWorkflows struct {
	*fakeWorkflows
	entered, leave chan struct{}
}

func (b *blockingWorkflows) Start(ctx context.Context, s api.Start) (api.Execution, error) {
	close(b.entered)
	<-b.leave
	return b.fakeWorkflows.Start(ctx, s)
}

// stuckRouter answers nothing until the caller gives up.
type stuckRouter struct{}

func (stuckRouter) Traffic(ctx context.Context, _ serving.Fleet) (serving.Traffic, error) {
	<-ctx.Done()
	return serving.Traffic{}, ctx.Err()
}

func (stuckRouter) Observe(ctx context.Context, _ serving.Fleet, _, _ float64) ([]serving.ArmObservation, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
