package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// SLOPath is the input of routes on one objective.
type SLOPath struct {
	FleetPath
	SLO string `path:"slo" doc:"Name of the objective." example:"ttft-p95"`
}

type sloOutput struct {
	ETag     string `header:"ETag" doc:"Generation of the fleet's record, which holds its objectives."`
	Location string `header:"Location"`
	Body     serving.Objective
}

func (s *Server) registerSLOs() {
	on := func(method, path, id, summary, action string, status int) route {
		r := route{method: method, path: prefix + "/fleets/{fleet}/" + path, id: id, group: "slos", summary: summary, action: action, status: status}
		if action != "" {
			r.errors = []int{http.StatusPreconditionFailed}
		}
		return r
	}
	handle(s, on(http.MethodPost, "slos", "create-slo", "Add an objective", "slo.create", http.StatusCreated), s.createSLO)
	handleList(s, on(http.MethodGet, "slos", "list-slos", "The fleet's objectives", "", 0), nil,
		func(ctx context.Context, in *struct {
			FleetPath
			FieldsQuery
		}) (*body[Page[serving.Objective]], error) {
			f, err := s.deps.Store.Fleet(ctx, in.Fleet)
			return answer(Page[serving.Objective]{Items: append([]serving.Objective{}, f.SLOs...)}), err
		})
	handle(s, on(http.MethodGet, "slos/{slo}", "get-slo", "One objective", "", 0), s.getSLO)
	handle(s, on(http.MethodPut, "slos/{slo}", "update-slo", "Replace an objective; running workflows go by it from their next look on", "slo.update", 0), s.updateSLO)
	handle(s, on(http.MethodDelete, "slos/{slo}", "delete-slo", "Remove an objective", "slo.delete", http.StatusNoContent), s.deleteSLO)
	handle(s, on(http.MethodGet, "slo-status", "slo-status", "Each objective on what was observed last; no traffic is no data", "", 0), s.sloStatus)
}

func (s *Server) createSLO(ctx context.Context, in *struct {
	FleetPath
	IfMatch
	Body serving.Objective
}) (*sloOutput, error) {
	if err := in.Body.Validate(); err != nil {
		return nil, invalidField("body", err)
	}
	out, err := s.changeSLOs(ctx, in.FleetPath, in.IfMatch.IfMatch, func(list []serving.Objective) ([]serving.Objective, error) {
		if indexSLO(list, in.Body.Name) >= 0 {
			return nil, newProblem(http.StatusConflict, "exists", fmt.Sprintf("fleet %s has an objective %q already; PUT changes it", in.Fleet, in.Body.Name))
		}
		return append(list, in.Body), nil
	})
	if err != nil {
		return nil, err
	}
	remark(ctx, in.Fleet, nil, in.Body)
	return &sloOutput{ETag: out.ETag, Location: prefix + "/fleets/" + in.Fleet + "/slos/" + in.Body.Name, Body: in.Body}, nil
}

func (s *Server) getSLO(ctx context.Context, in *SLOPath) (*sloOutput, error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	i := indexSLO(f.SLOs, in.SLO)
	if i < 0 {
		return nil, noSLO(in)
	}
	return &sloOutput{ETag: etag(f), Body: f.SLOs[i]}, nil
}

func (s *Server) updateSLO(ctx context.Context, in *struct {
	SLOPath
	IfMatch
	Body serving.Objective
}) (*sloOutput, error) {
	if in.Body.Name == "" {
		in.Body.Name = in.SLO
	}
	if in.Body.Name != in.SLO {
		return nil, invalid("body.name", "must be the name of the path", "delete it and add another to rename one")
	}
	if err := in.Body.Validate(); err != nil {
		return nil, invalidField("body", err)
	}
	var before serving.Objective
	out, err := s.changeSLOs(ctx, in.FleetPath, in.IfMatch.IfMatch, func(list []serving.Objective) ([]serving.Objective, error) {
		i := indexSLO(list, in.SLO)
		if i < 0 {
			return nil, noSLO(&in.SLOPath)
		}
		before, list[i] = list[i], in.Body
		return list, nil
	})
	if err != nil {
		return nil, err
	}
	remark(ctx, in.Fleet, before, in.Body)
	return &sloOutput{ETag: out.ETag, Body: in.Body}, nil
}

func (s *Server) deleteSLO(ctx context.Context, in *struct {
	SLOPath
	IfMatch
}) (*struct{}, error) {
	var before serving.Objective
	_, err := s.changeSLOs(ctx, in.FleetPath, in.IfMatch.IfMatch, func(list []serving.Objective) ([]serving.Objective, error) {
		i := indexSLO(list, in.SLO)
		if i < 0 {
			return nil, noSLO(&in.SLOPath)
		}
		before = list[i]
		return slices.Delete(list, i, i+1), nil
	})
	remark(ctx, in.Fleet, before, nil)
	return nil, err
}

// changeSLOs changes a fleet's objectives; the record carries them, so its
// generation guards them too.
func (s *Server) changeSLOs(ctx context.Context, in FleetPath, ifMatch string, change func([]serving.Objective) ([]serving.Objective, error)) (*fleetOutput, error) {
	return s.replaceFleet(ctx, in.Fleet, ifMatch, func(f serving.Fleet) (serving.Fleet, error) {
		list, err := change(slices.Clone(f.SLOs))
		f.SLOs = list
		return f, err
	})
}

func indexSLO(list []serving.Objective, name string) int {
	return slices.IndexFunc(list, func(o serving.Objective) bool { return o.Name == name })
}

func noSLO(in *SLOPath) error {
	return newProblem(http.StatusNotFound, "not-found", fmt.Sprintf("fleet %s has no objective %q", in.Fleet, in.SLO))
}
