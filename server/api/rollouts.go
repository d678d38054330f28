package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// RolloutInput is what to ship and how: a whole configuration, the command line of
// one, or changes to the present one.
type RolloutInput struct {
	ConfigInput
	Changes []serving.FlagChange `json:"changes,omitempty" doc:"Changes to the fleet's present configuration; to null takes a flag away."`
	Plan    workflows.Plan       `json:"plan,omitempty" doc:"Zero fields take the defaults of a cautious production rollout."`
	// RequireApproval is a pointer so that absent is not false.
	RequireApproval        *bool   `json:"require_approval,omitempty" doc:"Wait for approve before production is touched. By default what the fleet's policy says."`
	ApprovalTimeoutSeconds float64 `json:"approval_timeout_seconds,omitempty" minimum:"0" maximum:"604800" doc:"0 is the workflow's default of 24 hours."`
	OverrideReason         string  `json:"override_reason,omitempty" maxLength:"500" doc:"Why it may begin although an error budget is spent or changes are frozen; kept in the audit log."`
	SkipQuality            bool    `json:"skip_quality,omitempty" doc:"Ship a change that answers depend on without a trial that passed the quality gate and without comparing answers in staging first. Needs skip_quality_reason."`
	SkipQualityReason      string  `json:"skip_quality_reason,omitempty" maxLength:"500" doc:"Why, for the audit log and the rollout's record."`
}

// RolloutView is a rollout's record, with what its workflow says while it is open.
type RolloutView struct {
	serving.RolloutRecord
	Live    *workflows.RolloutStatus `json:"live,omitempty" doc:"Answer of the workflow, while it is open and a worker runs."`
	Partial bool                     `json:"partial,omitempty" doc:"The store does not answer: this is only what the workflow says of itself."`
}

func (s *Server) registerRollouts() {
	get := func(path, id, summary string) route {
		return route{method: http.MethodGet, path: prefix + "/rollouts" + path, id: id, group: "rollouts", summary: summary, fleetsOf: s.fleetOfRollout()}
	}
	list := get("", "list-rollouts", "Rollouts, newest first")
	list.fleetsOf, list.reach = nil, reachOwn
	handlePatient(s, route{method: http.MethodPost, path: prefix + "/fleets/{fleet}/rollouts", id: "start-rollout", group: "rollouts",
		summary: "Ship a configuration by canary, without looking for one", action: "rollout.start",
		status: http.StatusAccepted, errors: temporalErrors()}, s.startRollout,
		func(ctx context.Context, r serving.RolloutRecord) (serving.RolloutRecord, bool, error) {
			r, err := s.deps.Store.Rollout(ctx, r.ID)
			return r, r.ClosedAt != nil, err
		})
	handleList(s, list, []string{"started_at", "fleet"},
		func(ctx context.Context, in *RunQuery) (*body[Page[serving.RolloutRecord]], error) {
			q, err := within(ctx, in.query())
			if err != nil {
				return nil, err
			}
			page, err := s.deps.Store.ListRollouts(ctx, q)
			return answer(page), err
		})
	handle(s, get("/{id}", "get-rollout", "One rollout: its record, and the workflow's own answer while it is open"), s.getRollout)
	handleList(s, get("/{id}/stages", "list-stages", "The stages with their verdicts and evidence"), nil,
		func(ctx context.Context, in *PartQuery) (*body[Page[serving.StageRecord]], error) {
			if _, err := s.deps.Store.Rollout(ctx, in.ID); err != nil {
				return nil, err
			}
			list, err := s.deps.Store.Stages(ctx, in.ID)
			return answer(Page[serving.StageRecord]{Items: list}), err
		})
	for _, c := range []command{
		{"approve", workflows.Approve, "Let it touch production"},
		{"reject", workflows.Reject, "Do not let it touch production"},
		{"promote", workflows.Promote, "Go to the next stage on a person's word, after an inconclusive verdict"},
		{"pause", workflows.Pause, "Stay at the present weight"},
		{"resume", workflows.Resume, "Go on after a pause"},
		{"rollback", workflows.Rollback, "Go back to stable at once"},
	} {
		s.registerCommand("rollout", c, s.rolloutExecution, s.fleetOfRollout())
	}
}

func (s *Server) startRollout(ctx context.Context, in *struct {
	FleetPath
	Patience
	Body RolloutInput
}) (*startedOutput[serving.RolloutRecord], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	input, err := s.rolloutOf(ctx, f, in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.ensureIdleBut(ctx, f.Name, workflows.RolloutID(f.Name)); err != nil {
		return nil, err
	}
	if err := s.ensureAdmitted(ctx, f, in.Body.OverrideReason); err != nil {
		return nil, err
	}
	began := s.deps.Now().UTC()
	e, err := s.deps.Workflows.Start(ctx, Start{
		Type: TypeRollout, ID: workflows.RolloutID(f.Name), Fleet: f.Name, Engine: string(f.Config.Engine),
		Summary: "Roll out a configuration of " + f.Name, Input: input, Order: callerOf(ctx).order(),
	})
	if err != nil {
		return nil, err
	}
	rec := s.rolloutStarted(ctx, f, input, e, began)
	remark(ctx, f.Name, f.Config, input)
	return &startedOutput[serving.RolloutRecord]{Location: prefix + "/rollouts/" + rec.ID, Body: rec}, nil
}

// rolloutOf checks what is asked for and gives the workflow's input.
func (s *Server) rolloutOf(ctx context.Context, f serving.Fleet, in RolloutInput) (workflows.RolloutInput, error) {
	if f.Policy.Advisory && in.Plan.Strategy != workflows.StrategyAdvisory {
		return workflows.RolloutInput{}, newProblem(http.StatusConflict, "advisory",
			"fleet "+f.Name+" is advisory, so nothing is written to its production; set policy.advisory to false to change that, or ask for plan.strategy \"advisory\"")
	}
	if err := in.Plan.Validate(); err != nil {
		return workflows.RolloutInput{}, invalidField("body.plan", err)
	}
	if err := s.checkGates(ctx, "body.plan", in.Plan); err != nil {
		return workflows.RolloutInput{}, err
	}
	if err := in.checkSkip(); err != nil {
		return workflows.RolloutInput{}, err
	}
	to, err := s.target(f, in)
	if err != nil {
		return workflows.RolloutInput{}, err
	}
	if err := s.checkConfig(to, f.Hardware); err != nil {
		return workflows.RolloutInput{}, err
	}
	if to.Equal(f.Config) {
		return workflows.RolloutInput{}, invalid("body.config", "is what the fleet runs already", "change a flag")
	}
	ask := !f.Policy.AutoApprove
	if in.RequireApproval != nil {
		ask = *in.RequireApproval
	}
	if !ask && !f.Policy.AutoApprove {
		if err := f.Policy.MayApprove(callerOf(ctx).Actor); err != nil {
			return workflows.RolloutInput{}, newProblem(http.StatusForbidden, "not-an-approver", err.Error()+"; leave require_approval out and ask one of them")
		}
	}
	return workflows.RolloutInput{
		Fleet: f.Name, To: to, Plan: in.Plan, RequireApproval: ask,
		ApprovalTimeoutSeconds: in.ApprovalTimeoutSeconds, RequestedBy: callerOf(ctx).Actor, OverrideReason: in.OverrideReason,
		SkipQualityReason: strings.TrimSpace(in.SkipQualityReason),
	}, nil
}

// checkSkip wants a reason of whoever skips the quality gate, and no reason of
// others, who may believe that it alone skips.
func (in RolloutInput) checkSkip() error {
	reason := strings.TrimSpace(in.SkipQualityReason)
	switch {
	case in.SkipQuality && reason == "":
		return invalid("body.skip_quality_reason", "is needed to skip the quality gate", "say why the answers need not be compared")
	case !in.SkipQuality && reason != "":
		return invalid("body.skip_quality", "is not set", "set it to true to skip the quality gate, or leave skip_quality_reason out")
	}
	return nil
}

// target is the configuration to ship, in canonical form.
func (s *Server) target(f serving.Fleet, in RolloutInput) (serving.EngineConfig, error) {
	if len(in.Changes) == 0 {
		to, err := s.resolve(in.ConfigInput, f.Config.Engine)
		if err == nil && to.Engine != f.Config.Engine {
			err = invalid("body.config.engine", "is not the fleet's engine", "use "+string(f.Config.Engine))
		}
		return to, err
	}
	if in.Config != nil || in.CommandLine != "" {
		return serving.EngineConfig{}, invalid("body.changes", "config, command_line and changes exclude each other", "give one of them")
	}
	e, err := s.deps.Engines.Engine(f.Config.Engine)
	if err != nil {
		return serving.EngineConfig{}, err
	}
	to := propose.Apply(f.Config, in.Changes)
	out, err := engine.Canonical(e, to)
	if err != nil {
		return to, invalid("body.changes", err.Error(), "")
	}
	return out, nil
}

// rolloutStarted keeps the record of a rollout that has begun; its workflow records
// itself too, so a failure here loses nothing.
func (s *Server) rolloutStarted(ctx context.Context, f serving.Fleet, in workflows.RolloutInput, e Execution, began time.Time) serving.RolloutRecord {
	if known, err := s.deps.Store.Rollout(ctx, e.RunID); err == nil {
		return known
	}
	rec := serving.RolloutRecord{
		ID: e.RunID, WorkflowID: e.WorkflowID, Fleet: f.Name, From: f.Config, To: in.To,
		Phase: "starting", StartedAt: began, UpdatedAt: began,
	}
	if err := s.deps.Store.SaveRollout(ctx, rec); err != nil {
		s.deps.Log.WarnContext(ctx, "rollout not recorded yet, its workflow will", "run", e.RunID, "error", err)
	}
	return rec
}

func (s *Server) getRollout(ctx context.Context, in *IDPath) (*body[RolloutView], error) {
	rec, away, err := recall(ctx, s, func(ctx context.Context) (serving.RolloutRecord, error) { return s.deps.Store.Rollout(ctx, in.ID) })
	if away {
		if out, notFound := s.rolloutWithoutStore(ctx, in.ID); notFound == nil {
			return answer(out), nil
		}
	}
	if err != nil {
		return nil, err
	}
	out := RolloutView{RolloutRecord: rec}
	if rec.ClosedAt == nil {
		var live workflows.RolloutStatus
		if s.ask(ctx, Execution{rec.WorkflowID, rec.ID}, &live) {
			out.Live = &live
		}
	}
	return answer(out), nil
}

// checkGates holds the addresses of webhook gates to the networks that this
// server may call: the worker posts there.
func (s *Server) checkGates(ctx context.Context, field string, p workflows.Plan) error {
	for i, g := range p.Gates {
		if g.URL == "" {
			continue
		}
		if message, fix := s.guard.check(ctx, g.URL); message != "" {
			return invalid(fmt.Sprintf("%s.gates[%d].url", field, i), message, fix)
		}
	}
	return nil
}
