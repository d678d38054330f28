package workflows

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Points of a rollout at which gates stand.
const (
	GateBeforeRollout   = "before_rollout"   // nothing is written yet
	GateBeforeIncrease  = "before_increase"  // before each stage but the first
	GateBeforePromotion = "before_promotion" // all stages passed, stable is as it was
)

// Kinds of gates, and what a gate does when nobody answered in time.
const (
	GateAutomatic = "automatic" // open: the judgement alone decides
	GateManual    = "manual"    // a person approves or rejects
	GateWebhook   = "webhook"   // a service is asked until it decides

	OnTimeoutReject  = "reject" // the default
	OnTimeoutApprove = "approve"
)

// Gate holds a rollout at a point until somebody lets it through.
type Gate struct {
	At   string `json:"at"`   // "before_rollout", "before_increase" or "before_promotion"
	Kind string `json:"kind"` // "automatic", "manual" or "webhook"
	// URL is asked by POST with the rollout's state. 200 with {"approved": true} or
	// {"approved": false, "reason": "..."} decides; anything else is asked again.
	URL string `json:"url,omitempty"`
	// TimeoutSeconds bounds the wait: an hour for a webhook, four for a person.
	TimeoutSeconds float64 `json:"timeout_seconds,omitempty"`
	// OnTimeout is "reject" (the default: go back) or "approve" (go on).
	OnTimeout string `json:"on_timeout,omitempty"`
}

// GateDecision is how a gate was passed or not, for the record.
type GateDecision struct {
	At       string  `json:"at"`
	Weight   int     `json:"weight"` // that the rollout was about to go to
	Kind     string  `json:"kind"`
	Approved bool    `json:"approved"`
	By       string  `json:"by"` // "automatic", a person, a webhook's URL, or "timeout"
	Reason   string  `json:"reason,omitempty"`
	AtUnix   float64 `json:"at_unix"`
	Waited   float64 `json:"waited_seconds"`
}

func (g Gate) withDefaults() Gate {
	setDefault(&g.OnTimeout, OnTimeoutReject)
	if g.Kind == GateWebhook {
		setDefault(&g.TimeoutSeconds, 3600)
	}
	setDefault(&g.TimeoutSeconds, 4*3600)
	return g
}

func (p Plan) validateGates() error {
	for i, g := range p.Gates {
		name := fmt.Sprintf("gates[%d]", i)
		switch {
		case !slices.Contains([]string{GateBeforeRollout, GateBeforeIncrease, GateBeforePromotion}, g.At):
			return fmt.Errorf("%s.at: %q must be %q, %q or %q", name, g.At, GateBeforeRollout, GateBeforeIncrease, GateBeforePromotion)
		case !slices.Contains([]string{GateAutomatic, GateManual, GateWebhook}, g.Kind):
			return fmt.Errorf("%s.kind: %q must be %q, %q or %q", name, g.Kind, GateAutomatic, GateManual, GateWebhook)
		case (g.Kind == GateWebhook) != (g.URL != ""):
			return fmt.Errorf("%s.url: is needed for a webhook, and only there", name)
		case g.TimeoutSeconds < 0 || g.TimeoutSeconds > 30*24*3600:
			return fmt.Errorf("%s.timeout_seconds: %g must be within 0..2592000 (30 days)", name, g.TimeoutSeconds)
		case g.OnTimeout != "" && g.OnTimeout != OnTimeoutReject && g.OnTimeout != OnTimeoutApprove:
			return fmt.Errorf("%s.on_timeout: %q must be %q or %q", name, g.OnTimeout, OnTimeoutReject, OnTimeoutApprove)
		}
	}
	return nil
}

// passGates waits at all gates of a point, in their order. nil means go on.
func (r *rollout) passGates(ctx workflow.Context, at string, weight int) *ending {
	for _, g := range r.plan.Gates {
		if g.At != at {
			continue
		}
		g = g.withDefaults()
		began := workflow.Now(ctx)
		d, err := r.askGate(ctx, g, weight)
		if err != nil {
			return r.broken(ctx, "gate "+at, err)
		}
		if r.back != nil {
			return r.turnedBack(at, r.back)
		}
		d.At, d.Weight, d.Kind, d.AtUnix = at, weight, g.Kind, unix(workflow.Now(ctx))
		d.Waited = workflow.Now(ctx).Sub(began).Seconds()
		r.status.Gates = append(r.status.Gates, d)
		text := d.sentence()
		r.story.note(ctx, "gate", text, map[string]any{"gate": d})
		if !d.Approved {
			r.status.Reason = text
			return r.turnedBack(at, &ending{outcome: serving.OutcomeRolledBack, reason: text})
		}
	}
	return nil
}

// turnedBack is the end of a rollout that a gate stopped: before anything is
// written there is nothing to go back from.
func (r *rollout) turnedBack(at string, end *ending) *ending {
	if at == GateBeforeRollout {
		return &ending{outcome: serving.OutcomeRejected, reason: end.reason, violation: end.violation}
	}
	return end
}

func (d GateDecision) sentence() string {
	verb := "closed"
	if d.Approved {
		verb = "opened"
	}
	text := fmt.Sprintf("gate %s %s by %s", strings.ReplaceAll(d.At, "_", " "), verb, d.By)
	if d.Reason != "" {
		text += ": " + d.Reason
	}
	return text
}

func (r *rollout) askGate(ctx workflow.Context, g Gate, weight int) (GateDecision, error) {
	switch g.Kind {
	case GateManual:
		return r.askPerson(ctx, g, weight)
	case GateWebhook:
		return r.askWebhook(ctx, g, weight)
	}
	return GateDecision{Approved: true, By: GateAutomatic}, nil
}

func (r *rollout) askPerson(ctx workflow.Context, g Gate, weight int) (GateDecision, error) {
	r.approved, r.rejected, r.decidedBy = false, false, Command{}
	r.enter(ctx, PhaseAwaitingApproval, fmt.Sprintf("gate %s (canary to %d%%): approve goes on, reject stops; after %.0f s without an answer: %s",
		strings.ReplaceAll(g.At, "_", " "), weight, g.TimeoutSeconds, g.OnTimeout))
	decided, err := workflow.AwaitWithTimeout(ctx, seconds(g.TimeoutSeconds), func() bool { return r.approved || r.rejected || r.back != nil })
	if err != nil || r.back != nil {
		return GateDecision{}, err
	}
	if !decided {
		return g.timedOut("nobody answered"), nil
	}
	return GateDecision{Approved: r.approved, By: orSomebody(r.decidedBy.By), Reason: r.decidedBy.Reason}, nil
}

// timedOut is the stated default.
func (g Gate) timedOut(why string) GateDecision {
	return GateDecision{Approved: g.OnTimeout == OnTimeoutApprove, By: "timeout",
		Reason: fmt.Sprintf("%s within %.0f s, which means %s", why, g.TimeoutSeconds, g.OnTimeout)}
}

// askWebhook asks until the service decides, the time is up, or something
// demands the way back.
func (r *rollout) askWebhook(ctx workflow.Context, g Gate, weight int) (GateDecision, error) {
	r.status.Phase = PhaseAwaitingApproval
	asked, cancel := workflow.WithCancel(ctx)
	defer cancel()
	future := workflow.ExecuteActivity(gating(asked, seconds(g.TimeoutSeconds), "ask "+g.At), gatekeeping.AskGate,
		activities.AskGateInput{URL: g.URL, Question: serving.GateQuestion{Gate: g.At, Fleet: r.in.Fleet, RolloutID: r.started.ID,
			RunID: r.in.RunID, Strategy: string(r.plan.Strategy), Weight: weight, Change: describeChange(r.fleet.Config, r.in.To),
			LastVerdict: r.lastVerdict()}})
	r.approved, r.rejected, r.decidedBy = false, false, Command{}
	err := workflow.Await(ctx, func() bool { return future.IsReady() || r.approved || r.rejected || r.back != nil })
	switch {
	case err != nil || r.back != nil:
		return GateDecision{}, err
	case !future.IsReady(): // a person did not want to wait for the service
		return GateDecision{Approved: r.approved, By: orSomebody(r.decidedBy.By), Reason: r.decidedBy.Reason}, nil
	}
	var answer activities.AskGateResult
	if err := future.Get(ctx, &answer); err != nil {
		if canceled(ctx) {
			return GateDecision{}, err
		}
		return g.timedOut("no decision (" + rootMessage(err) + ")"), nil
	}
	return GateDecision{Approved: answer.Answer.Approved, By: g.URL, Reason: answer.Answer.Reason}, nil
}

func (r *rollout) lastVerdict() string {
	if n := len(r.status.Stages); n > 0 {
		return r.status.Stages[n-1].Judgement.Sentence
	}
	return ""
}
