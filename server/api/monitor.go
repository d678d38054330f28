package api

import (
	"context"
	"net/http"

	"github.com/optiinfra/performance-agent/workflows"
)

// MonitorInput is how a fleet is watched.
type MonitorInput struct {
	TickSeconds float64 `json:"tick_seconds,omitempty" minimum:"1" maximum:"60" doc:"Between looks; 5 by default."`
}

func (s *Server) registerMonitor() {
	handle(s, route{method: http.MethodPost, path: prefix + "/fleets/{fleet}/monitor/start", id: "start-monitor", group: "slos",
		summary: "Watch the fleet from now on; a fleet that is watched already stays so", action: "monitor.start",
		status: http.StatusAccepted, errors: temporalErrors()}, s.startMonitor)
	handle(s, route{method: http.MethodPost, path: prefix + "/fleets/{fleet}/monitor/stop", id: "stop-monitor", group: "slos",
		summary: "Stop watching the fleet", action: "monitor.stop",
		status: http.StatusAccepted, errors: temporalErrors()}, s.stopMonitor)
}

func (s *Server) startMonitor(ctx context.Context, in *struct {
	FleetPath
	Body *MonitorInput
}) (*body[Execution], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	before, err := s.watch(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	e, err := s.deps.Workflows.Start(ctx, Start{
		Type: TypeMonitor, ID: workflows.MonitorID(f.Name), Fleet: f.Name, Engine: string(f.Config.Engine),
		Summary: "Watch " + f.Name, JoinRunning: true,
		Input: workflows.MonitorInput{Fleet: f.Name, TickSeconds: orZero(in.Body).TickSeconds},
	})
	remark(ctx, f.Name, before, watched{Watched: true, Execution: &e, TickSeconds: orZero(in.Body).TickSeconds})
	return answer(e), err
}

// watched is whether a fleet is watched and by which workflow, for the audit log.
type watched struct {
	Watched     bool       `json:"watched"`
	Execution   *Execution `json:"execution,omitempty"`
	TickSeconds float64    `json:"tick_seconds,omitempty"`
}

func (s *Server) watch(ctx context.Context, fleet string) (watched, error) {
	e, open, err := s.deps.Workflows.Running(ctx, workflows.MonitorID(fleet))
	if err != nil || !open {
		return watched{}, err
	}
	return watched{Watched: true, Execution: &e}, nil
}

func (s *Server) stopMonitor(ctx context.Context, in *FleetPath) (*body[Execution], error) {
	if _, err := s.deps.Store.Fleet(ctx, in.Fleet); err != nil {
		return nil, err
	}
	before, err := s.watch(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	// Without a RunID it is the open execution, however often it continued as new.
	e := Execution{WorkflowID: workflows.MonitorID(in.Fleet)}
	remark(ctx, in.Fleet, before, watched{})
	return answer(e), s.deps.Workflows.Cancel(ctx, e)
}
