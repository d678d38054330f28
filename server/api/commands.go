package api

import (
	"context"
	"net/http"

	"github.com/optiinfra/performance-agent/workflows"
)

// CommandInput is the payload of a command; all of it may be absent.
type CommandInput struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"For the record."`
}

// CommandOutput is where the workflow is after the command.
type CommandOutput struct {
	Execution
	Phase workflows.Phase `json:"phase"`
}

type commandRequest struct {
	IDPath
	Body *CommandInput
}

// command is one verb on a run or a rollout.
type command struct{ verb, name, summary string }

func (s *Server) registerRunCommands() {
	for _, c := range []command{
		{"approve", workflows.Approve, "Let the winner go to production"},
		{"reject", workflows.Reject, "Do not let the winner go to production"},
		{"pause", workflows.Pause, "Stop before the next step"},
		{"resume", workflows.Resume, "Go on after a pause"},
		{"rollback", workflows.Rollback, "Go back to the configuration before"},
	} {
		s.registerCommand("run", c, s.runExecution, s.fleetOfRun())
	}
	s.registerCancel("run", "Cancel the run: what it changed is undone", s.runExecution, s.fleetOfRun())
}

type findExecution func(ctx context.Context, id string) (Execution, error)

func (s *Server) registerCommand(noun string, c command, find findExecution, of fleetsOf) {
	r := commandRoute(noun, c.verb, c.summary)
	r.fleetsOf = of
	s.commands[commandPath(r.path)] = true
	handle(s, r, func(ctx context.Context, in *commandRequest) (*body[CommandOutput], error) {
		e, err := find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		who := callerOf(ctx)
		payload := workflows.Command{By: who.Actor, Reason: orZero(in.Body).Reason}
		a, err := s.deps.Workflows.Command(ctx, e, c.name, who.IdempotencyKey, payload)
		if err != nil {
			return nil, err
		}
		remark(ctx, in.ID, phaseOf(a.Before), obeyed{Phase: a.Phase, Command: payload})
		return answer(CommandOutput{Execution: e, Phase: a.Phase}), nil
	})
}

func (s *Server) registerCancel(noun, summary string, find findExecution, of fleetsOf) {
	r := commandRoute(noun, "cancel", summary)
	r.fleetsOf = of
	r.status = http.StatusAccepted
	s.commands[commandPath(r.path)] = true
	handle(s, r, func(ctx context.Context, in *commandRequest) (*body[Execution], error) {
		e, err := find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		var before inPhase
		if !s.ask(ctx, e, &before) {
			before.Phase = "unknown: no worker answers"
		}
		if err := s.deps.Workflows.Cancel(ctx, e); err != nil {
			return nil, err
		}
		remark(ctx, in.ID, before, obeyed{Phase: "canceling", Command: workflows.Command{By: callerOf(ctx).Actor, Reason: orZero(in.Body).Reason}})
		return answer(e), nil
	})
}

// inPhase and obeyed are what an order changes of a workflow, for the audit log.
type inPhase struct {
	Phase workflows.Phase `json:"phase"`
}

type obeyed struct {
	Phase workflows.Phase `json:"phase"`
	workflows.Command
}

// phaseOf is nothing where a worker of an earlier version does not say.
func phaseOf(before workflows.Phase) any {
	if before == "" {
		return nil
	}
	return inPhase{before}
}

func commandRoute(noun, verb, summary string) route {
	return route{
		method: http.MethodPost, path: prefix + "/" + noun + "s/{id}/" + verb, id: verb + "-" + noun,
		group: noun + "s", summary: summary, stops: stopping(verb), action: noun + "." + verb, errors: temporalErrors(),
	}
}
