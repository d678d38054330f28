package api

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// probesAtOnce bounds how many replicas are asked at the same time.
const probesAtOnce = 16

// Probe is what each replica answered.
type Probe struct {
	Fleet     string         `json:"fleet"`
	OK        bool           `json:"ok" doc:"Every replica answered."`
	Endpoints []ProbedTarget `json:"endpoints"`
}

// ProbedTarget is one replica's answer.
type ProbedTarget struct {
	Endpoint     string            `json:"endpoint"`
	OK           bool              `json:"ok"`
	Error        string            `json:"error,omitempty"`
	Model        string            `json:"model,omitempty"`
	Running      serving.Measure   `json:"running"`
	Waiting      serving.Measure   `json:"waiting"`
	KVUsage      serving.Measure   `json:"kv_usage"`
	Revealed     map[string]string `json:"revealed,omitempty" doc:"Configuration that the engine shows in its metrics."`
	Missing      []serving.Missing `json:"missing,omitempty" doc:"Quantities it does not report."`
	Unrecognised []string          `json:"unrecognised,omitempty" doc:"Metrics of the engine that the agent does not know."`
}

func (s *Server) probeFleet(ctx context.Context, in *FleetPath) (*body[Probe], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	endpoints, err := s.stableEndpoints(ctx, f)
	if err != nil {
		return nil, err
	}
	out := Probe{Fleet: f.Name, OK: true, Endpoints: make([]ProbedTarget, len(endpoints))}
	var group errgroup.Group
	group.SetLimit(probesAtOnce)
	for i, e := range endpoints {
		group.Go(func() error {
			r, err := s.deps.Scraper.Read(ctx, f, e)
			out.Endpoints[i] = probed(e, r, err)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range out.Endpoints {
		out.OK = out.OK && out.Endpoints[i].OK
	}
	return answer(out), nil
}

func probed(endpoint string, r serving.Reading, err error) ProbedTarget {
	if err != nil {
		return ProbedTarget{Endpoint: endpoint, Error: err.Error()}
	}
	return ProbedTarget{
		Endpoint: endpoint, OK: true, Model: r.Model, Running: r.Running, Waiting: r.Waiting, KVUsage: r.KVUsage,
		Revealed: r.Revealed, Missing: r.Missing, Unrecognised: r.Unrecognised,
	}
}
