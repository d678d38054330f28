package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/optiinfra/performance-agent/internal/openslo"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const yamlType = "application/yaml"

// yamlOutput is a document as text.
type yamlOutput struct {
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag" doc:"Generation of the fleet's record, which holds its objectives."`
	Body        []byte
}

type objectivesOutput struct {
	ETag string `header:"ETag"`
	Body Page[serving.Objective]
}

func (s *Server) registerOpenSLO() {
	path := prefix + "/fleets/{fleet}/slos/openslo"
	handle(s, route{method: http.MethodGet, path: path, id: "export-slos", group: "slos",
		summary: "The fleet's objectives as OpenSLO v1 documents"}, s.exportSLOs)
	handle(s, route{method: http.MethodPost, path: path, id: "import-slos", group: "slos", action: "slo.import",
		summary: "Add or replace objectives, by name, from OpenSLO v1 documents; all of them or none",
		errors:  []int{http.StatusPreconditionFailed, http.StatusBadRequest}}, s.importSLOs)
}

func (s *Server) exportSLOs(ctx context.Context, in *FleetPath) (*yamlOutput, error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	text, err := openslo.Write(f.Name, f.SLOs)
	return &yamlOutput{ContentType: yamlType, ETag: etag(f), Body: text}, err
}

func (s *Server) importSLOs(ctx context.Context, in *struct {
	FleetPath
	IfMatch
	RawBody []byte `contentType:"application/yaml"` // JSON is YAML too
}) (*objectivesOutput, error) {
	given, problems := openslo.Read(in.RawBody)
	if len(problems) == 0 && len(given) == 0 {
		problems = []openslo.Problem{{Field: "documents", Message: "hold no SLO", Fix: "send at least one document of kind SLO"}}
	}
	if len(problems) > 0 {
		return nil, openSLOProblems(problems)
	}
	var before []serving.Objective
	out, err := s.changeSLOs(ctx, in.FleetPath, in.IfMatch.IfMatch, func(list []serving.Objective) ([]serving.Objective, error) {
		before = slices.Clone(list)
		return merged(list, given)
	})
	if err != nil {
		return nil, err
	}
	remark(ctx, in.Fleet, Page[serving.Objective]{Items: before}, Page[serving.Objective]{Items: out.Body.SLOs})
	return &objectivesOutput{ETag: out.ETag, Body: Page[serving.Objective]{Items: out.Body.SLOs}}, nil
}

// maxSLOs is how many objectives a fleet may have.
const maxSLOs = 50

// merged replaces objectives by name and adds the others.
func merged(list, given []serving.Objective) ([]serving.Objective, error) {
	out := slices.Clone(list)
	for _, o := range given {
		if i := indexSLO(out, o.Name); i >= 0 {
			out[i] = o
		} else {
			out = append(out, o)
		}
	}
	if len(out) > maxSLOs {
		return nil, invalid("documents", "would give the fleet more than 50 objectives", "remove some first")
	}
	return out, nil
}

func openSLOProblems(list []openslo.Problem) error {
	fields := make([]FieldProblem, len(list))
	for i, p := range list {
		fields[i] = FieldProblem{Field: "body." + p.Field, Message: p.Message, Fix: p.Fix}
	}
	return invalidFields(fields)
}
