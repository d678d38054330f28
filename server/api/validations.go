package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// QualityInput is a quality policy as a person gives it.
type QualityInput struct {
	Margin      float64 `json:"margin,omitempty" doc:"Greatest tolerated share of prompts that the candidate loses; 0.02 by default." example:"0.02"`
	Samples     int     `json:"samples,omitempty" doc:"How many prompts are asked; as many as the plan needs by default."`
	GoldenSet   string  `json:"golden_set,omitempty" maxLength:"128" doc:"ID of a set of prompts given before; built-in prompts by default."`
	GoldenJSONL string  `json:"golden_jsonl,omitempty" maxLength:"524288" doc:"A set of prompts, one JSON object a line with prompt and expected (the answer) or pattern (a regular expression that it matches). It is kept, and golden_set is its ID from then on."`
}

// qualityOf checks a policy and keeps the golden set that it brings.
func (s *Server) qualityOf(ctx context.Context, at string, in QualityInput) (serving.QualityPolicy, error) {
	p := serving.QualityPolicy{Margin: in.Margin, Samples: in.Samples, GoldenSet: in.GoldenSet}
	var set serving.GoldenSet
	var err error
	switch {
	case in.GoldenJSONL != "":
		if set, err = quality.ParseGolden(in.GoldenJSONL); err != nil {
			message, fix, _ := strings.Cut(err.Error(), "; ")
			return p, invalid(at+".golden_jsonl", message, fix)
		}
		p.GoldenSet = set.ID
	case p.GoldenSet != "":
		if set, err = s.deps.Store.GoldenSet(ctx, p.GoldenSet); errors.Is(s.deps.Classify(err), ErrNotFound) {
			return p, invalid(at+".golden_set", "there is no such set", "give its prompts in golden_jsonl")
		} else if err != nil {
			return p, err
		}
	}
	if err := quality.Validate(p, len(set.Items)); err != nil {
		return p, invalidField(at, err)
	}
	if in.GoldenJSONL != "" {
		return p, s.deps.Store.SaveGoldenSet(ctx, set)
	}
	return p, nil
}

// ValidationInput asks for a quality check of a running server.
type ValidationInput struct {
	Candidate string        `json:"candidate" required:"true" doc:"Base URL of the server whose answers are checked." example:"http://127.0.0.1:8001"`
	Reference string        `json:"reference,omitempty" doc:"Base URL of the server they are held to; without it a stable replica of the fleet, which serves users and gets some hundred short prompts more."`
	Model     string        `json:"model,omitempty" maxLength:"512" doc:"Model name of the candidate, where it is not the fleet's."`
	Quality   *QualityInput `json:"quality,omitempty" doc:"Instead of the fleet's."`
}

func (s *Server) registerValidations() {
	path := prefix + "/fleets/{fleet}/validations"
	handle(s, route{method: http.MethodPost, path: path, id: "start-validation", group: "tests",
		summary: "Hold a server's answers to those of the fleet", action: "validation.start",
		status: http.StatusAccepted, errors: temporalErrors()}, s.startValidation)
	handleList(s, route{method: http.MethodGet, path: path, id: "list-validations", group: "tests",
		summary: "Quality checks of the fleet, newest first"}, []string{"started_at"},
		func(ctx context.Context, in *struct {
			FleetPath
			PageQuery
		}) (*body[Page[serving.ValidationRecord]], error) {
			if _, err := s.deps.Store.Fleet(ctx, in.Fleet); err != nil {
				return nil, err
			}
			q := in.query()
			q.Fleet = in.Fleet
			page, err := s.deps.Store.ListValidations(ctx, q)
			return answer(page), err
		})
}

func (s *Server) startValidation(ctx context.Context, in *struct {
	FleetPath
	Body ValidationInput
}) (*startedOutput[serving.ValidationRecord], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	input, err := s.validationOf(ctx, f, in.Body)
	if err != nil {
		return nil, err
	}
	e, err := s.deps.Workflows.Start(ctx, Start{
		Type: TypeValidate, ID: workflows.ValidationID(input.ID), Fleet: f.Name, Engine: string(f.Config.Engine),
		Summary: "Quality check for " + f.Name, Input: input,
	})
	if err != nil {
		return nil, err
	}
	rec := serving.ValidationRecord{ID: e.RunID, WorkflowID: e.WorkflowID, Fleet: f.Name, Reference: input.Reference,
		Candidate: input.Candidate, Policy: input.Policy, Phase: "running", StartedAt: s.deps.Now().UTC()}
	if err := s.deps.Store.SaveValidation(ctx, rec); err != nil {
		s.deps.Log.WarnContext(ctx, "validation not recorded yet, its workflow will", "run", e.RunID, "error", err)
	}
	remark(ctx, f.Name, nil, input)
	return &startedOutput[serving.ValidationRecord]{Location: prefix + "/fleets/" + f.Name + "/validations", Body: rec}, nil
}

func (s *Server) validationOf(ctx context.Context, f serving.Fleet, in ValidationInput) (workflows.ValidateInput, error) {
	out := workflows.ValidateInput{ID: s.deps.NewID(), Fleet: f.Name, Reference: in.Reference, Candidate: in.Candidate,
		Model: in.Model, Policy: f.Quality}
	if message, fix := s.guard.check(ctx, in.Candidate); message != "" {
		return out, invalid("body.candidate", message, fix)
	}
	if in.Reference != "" {
		if message, fix := s.guard.check(ctx, in.Reference); message != "" {
			return out, invalid("body.reference", message, fix)
		}
	}
	if in.Quality == nil {
		return out, nil
	}
	var err error
	out.Policy, err = s.qualityOf(ctx, "body.quality", *in.Quality)
	return out, err
}
