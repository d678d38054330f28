package api

import (
	"context"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Orchestrator is where this agent is a member.
type Orchestrator interface {
	State() serving.Membership
	// Register registers now, whatever was before.
	Register(ctx context.Context) (serving.Membership, error)
}

// OrchestratorView is how this agent stands with its orchestrator.
type OrchestratorView struct {
	Configured bool                `json:"configured" doc:"Whether the server was given an orchestrator."`
	Membership *serving.Membership `json:"membership,omitempty"`
}

func (s *Server) registerOrchestrator() {
	handle(s, route{method: http.MethodGet, path: prefix + "/orchestrator", id: "get-orchestrator", group: "system",
		summary: "How this agent stands with its orchestrator"},
		func(context.Context, *none) (*body[OrchestratorView], error) {
			if s.deps.Orchestrator == nil {
				return answer(OrchestratorView{}), nil
			}
			state := s.deps.Orchestrator.State()
			return answer(OrchestratorView{Configured: true, Membership: &state}), nil
		})
	handle(s, route{method: http.MethodPost, path: prefix + "/orchestrator/register", id: "register-with-orchestrator", group: "system",
		summary: "Register with the orchestrator now, whatever was before", action: "orchestrator.register",
		errors: []int{http.StatusConflict, http.StatusBadGateway}}, s.registerNow)
}

func (s *Server) registerNow(ctx context.Context, _ *none) (*body[OrchestratorView], error) {
	if s.deps.Orchestrator == nil {
		return nil, newProblem(http.StatusConflict, "no-orchestrator", "no orchestrator is configured; start the server with --orchestrator-url")
	}
	before := s.deps.Orchestrator.State()
	state, err := s.deps.Orchestrator.Register(ctx)
	if err != nil {
		return nil, newProblem(http.StatusBadGateway, "orchestrator", err.Error())
	}
	remark(ctx, state.URL, before, state)
	return answer(OrchestratorView{Configured: true, Membership: &state}), nil
}
