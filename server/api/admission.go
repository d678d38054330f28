package api

import (
	"context"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/admission"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// ensureAdmitted fails while the fleet's error budgets or its freeze policy forbid
// experiments, unless somebody says why they do not count. The workflow asks
// again, since it may begin later.
func (s *Server) ensureAdmitted(ctx context.Context, f serving.Fleet, override string) error {
	now := s.deps.Now()
	tallies, err := s.deps.Store.SLOTallies(ctx, f.Name, now.Add(-time.Duration(slo.LongestPeriod(f.SLOs)*float64(time.Second))))
	if err != nil {
		return err
	}
	decision, err := admission.Decide(f, tallies, now)
	if err != nil || decision.Admitted {
		return err
	}
	if override != "" {
		if err := f.Policy.MayApprove(callerOf(ctx).Actor); err != nil {
			return newProblem(http.StatusForbidden, "not-an-approver", "to override what forbids the experiment: "+err.Error())
		}
		return nil
	}
	p := newProblem(http.StatusConflict, "refused",
		decision.Text()+"; wait, or give override_reason to go on all the same")
	p.Refusal = &decision
	if decision.Until != nil {
		p.retryAfterSeconds = max(1, int(decision.Until.Sub(now).Seconds()))
	}
	return p
}
