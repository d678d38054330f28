package api

import (
	"context"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ConfigView is a fleet's configuration with what the catalogue says about it.
type ConfigView struct {
	Config      serving.EngineConfig `json:"config"`
	CommandLine []string             `json:"command_line" doc:"As the engine is started; host and port are the replica's own."`
	Parameters  []ParameterView      `json:"parameters"`
	Unknown     []string             `json:"unknown_flags"`
	Problems    []engine.Problem     `json:"problems"`
}

// ParameterView is a launch parameter of the engine as this fleet has it.
type ParameterView struct {
	Flag    string            `json:"flag"`
	Set     bool              `json:"set"`
	Value   string            `json:"value" doc:"As set, or the catalogue's default."`
	Default string            `json:"default"`
	Unit    string            `json:"unit,omitempty"`
	Family  serving.Family    `json:"family,omitempty"`
	Risk    serving.RiskClass `json:"risk,omitempty"`
	Meaning string            `json:"meaning,omitempty"`
}

// WorkloadView is the load a fleet is under.
type WorkloadView struct {
	Workload serving.Workload `json:"workload"`
	Source   string           `json:"source" enum:"given,observed"`
}

func (s *Server) registerFleetViews() {
	get := func(view, summary string, errors ...int) route {
		return route{method: http.MethodGet, path: prefix + "/fleets/{fleet}/" + view, id: "get-fleet-" + view, group: "fleets", summary: summary, errors: errors}
	}
	handle(s, get("config", "Every launch parameter of the fleet, with defaults and broken constraints"), s.fleetConfig)
	handle(s, get("workload", "The workload: as given, or as the latest measurement shows it"), s.fleetWorkload)
	handle(s, get("traffic", "The split in force at the router, and its pools", http.StatusBadGateway), s.fleetTraffic)
	handle(s, route{method: http.MethodPost, path: prefix + "/fleets/{fleet}/probe", id: "probe-fleet", group: "fleets",
		summary: "Read each replica's metrics once and say what was found", errors: []int{http.StatusBadGateway}}, s.probeFleet)
}

func (s *Server) fleetConfig(ctx context.Context, in *FleetPath) (*body[ConfigView], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	e, err := s.deps.Engines.Engine(f.Config.Engine)
	if err != nil {
		return nil, err
	}
	catalogue := e.Catalogue()
	out := ConfigView{
		Config: f.Config, CommandLine: e.CommandLine(f.Config, "", 0),
		Unknown:  append([]string{}, catalogue.Unknown(f.Config)...),
		Problems: append([]engine.Problem{}, e.Validate(f.Config, f.Hardware)...),
	}
	for _, p := range catalogue.Parameters {
		out.Parameters = append(out.Parameters, parameterView(p, f.Config))
	}
	return answer(out), nil
}

func parameterView(p engine.Parameter, c serving.EngineConfig) ParameterView {
	v := ParameterView{
		Flag: p.Flag, Value: p.Default, Default: p.Default, Unit: p.Unit,
		Family: p.Family, Risk: p.Risk, Meaning: p.Description,
	}
	if value, set := c.Get(p.Flag); set {
		v.Set, v.Value = true, value
		if p.Type == engine.Bool && value == "" {
			v.Value = "true" // a bare switch
		}
	}
	return v
}

func (s *Server) fleetWorkload(ctx context.Context, in *FleetPath) (*body[WorkloadView], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	if f.Workload != nil {
		return answer(WorkloadView{Workload: *f.Workload, Source: "given"}), nil
	}
	rec, err := s.latest(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	w, ok := diagnose.ObserveWorkload(rec.Snapshot)
	if !ok {
		return nil, newProblem(http.StatusNotFound, "no-traffic",
			"the latest measurement saw too little traffic to tell; collect over a longer window, or give the fleet a workload")
	}
	return answer(WorkloadView{Workload: w, Source: "observed"}), nil
}

func (s *Server) fleetTraffic(ctx context.Context, in *FleetPath) (*body[serving.Traffic], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	t, err := s.deps.Router.Traffic(ctx, f)
	if err != nil {
		p := newProblem(http.StatusBadGateway, "router", "the fleet's router cannot be read: "+err.Error())
		p.cause = err
		return nil, p
	}
	return answer(t), nil
}
