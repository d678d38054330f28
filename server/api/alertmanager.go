package api

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
	"github.com/optiinfra/performance-agent/workflows"
)

// AlertGroup is what Alertmanager sends to a webhook (version 4).
type AlertGroup struct {
	_       struct{} `additionalProperties:"true"`
	Version string   `json:"version,omitempty"`
	Status  string   `json:"status,omitempty"`
	Alerts  []Alert  `json:"alerts" required:"true" maxItems:"1000"`
}

// Alert is one alert of a group. Its labels fleet, slo and variant say what it is
// about.
type Alert struct {
	_           struct{}          `additionalProperties:"true"`
	Status      string            `json:"status" required:"true" enum:"firing,resolved"`
	Labels      map[string]string `json:"labels" required:"true"`
	Annotations map[string]string `json:"annotations,omitempty"`
	StartsAt    time.Time         `json:"startsAt,omitempty"`
	EndsAt      time.Time         `json:"endsAt,omitempty"`
	Fingerprint string            `json:"fingerprint,omitempty"`
}

// AlertsTaken says what became of a group. An alert of no fleet is counted and
// answered like the others: Alertmanager would only send it again.
type AlertsTaken struct {
	Opened   int `json:"opened"`
	Repeated int `json:"repeated"`
	Resolved int `json:"resolved"`
	Unknown  int `json:"unknown" doc:"Without a label fleet, or with that of none."`
}

// AlertResult is what became of one alert; it labels our own counter.
type alertResult string

const (
	alertOpened   alertResult = "opened"
	alertRepeated alertResult = "repeated"
	alertResolved alertResult = "resolved"
	alertUnknown  alertResult = "unknown"
)

func (s *Server) registerAlertmanager() {
	handle(s, route{method: http.MethodPost, path: prefix + "/webhooks/alertmanager", id: "receive-alerts", group: "slos", public: s.cfg.AlertmanagerToken != "",
		summary: "Alertmanager's webhook: a firing alert opens a violation and tells the open rollout and people, a resolved one ends it", action: "alerts.receive",
		errors: []int{http.StatusUnauthorized, http.StatusServiceUnavailable}}, s.receiveAlerts)
}

func (s *Server) receiveAlerts(ctx context.Context, in *struct {
	Authorization string `header:"Authorization" doc:"Bearer and the token that the server was given, if it was given one."`
	Body          AlertGroup
}) (*body[AlertsTaken], error) {
	if !s.mayAlert(in.Authorization) {
		return nil, newProblem(http.StatusUnauthorized, "unauthorized", "the bearer token is missing or wrong; Alertmanager sends it by http_config.authorization")
	}
	var out AlertsTaken
	for _, a := range in.Body.Alerts {
		result, err := s.receiveAlert(ctx, a)
		if err != nil {
			return nil, err
		}
		s.metrics.alerts.WithLabelValues(string(result)).Inc()
		switch result {
		case alertOpened:
			out.Opened++
		case alertRepeated:
			out.Repeated++
		case alertResolved:
			out.Resolved++
		default:
			out.Unknown++
		}
	}
	remarkFor(ctx, alertActor, alertActor, nil, alertCall{AlertsTaken: out, Key: callerOf(ctx).Principal.Name})
	return answer(out), nil
}

// alertActor is who the audit log says opens and ends violations by alerts, whatever
// the webhook is called with.
const alertActor = "alertmanager"

// alertCall is a call of the webhook in the audit log. Key is the API key that it
// came with, where that is how it is let in.
type alertCall struct {
	AlertsTaken
	Key string `json:"key,omitempty"`
}

// auditAlert writes what an alert did to a violation.
func (s *Server) auditAlert(ctx context.Context, verb, id string, before, after any) {
	s.writeAudit(ctx, "violation."+verb, auditNote{actor: alertActor, target: id, before: before, after: after})
}

func (s *Server) mayAlert(authorization string) bool {
	if s.cfg.AlertmanagerToken == "" {
		return true
	}
	given, ok := strings.CutPrefix(authorization, "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(given), []byte(s.cfg.AlertmanagerToken)) == 1
}

// receiveAlert is idempotent: Alertmanager repeats what fires.
func (s *Server) receiveAlert(ctx context.Context, a Alert) (alertResult, error) {
	name := a.Labels["fleet"]
	if name == "" {
		return alertUnknown, nil
	}
	if _, err := s.deps.Store.Fleet(ctx, name); s.isNotFound(err) {
		return alertUnknown, nil
	} else if err != nil {
		return "", err
	}
	v := violationOfAlert(a, s.deps.Now())
	if a.Status == "resolved" {
		return alertResolved, s.endAlert(ctx, v, cmp.Or(a.EndsAt, s.deps.Now()).UTC())
	}
	return s.openAlert(ctx, v)
}

// endAlert ends a violation that is open and tells people; one that fired before we
// were told of alerts, or is over, is no news.
func (s *Server) endAlert(ctx context.Context, v serving.Violation, at time.Time) error {
	known, err := s.deps.Store.Violation(ctx, v.ID)
	if s.isNotFound(err) || err == nil && known.ResolvedAt != nil {
		return nil
	}
	if err == nil {
		err = s.announce(ctx, v, serving.NoticeViolationResolved, float64(at.Unix()))
	}
	if err != nil {
		return err
	}
	if err := s.deps.Store.ResolveViolation(ctx, v.ID, at); err != nil {
		return err
	}
	over := known
	over.ResolvedAt = &at
	s.auditAlert(ctx, "resolve", v.ID, known, over)
	return nil
}

// announce has people told by a worker, which knows who they are and tries again
// where that helps.
func (s *Server) announce(ctx context.Context, v serving.Violation, kind serving.NoticeKind, atUnix float64) error {
	n := workflows.ViolationNotice(v, kind)
	n.Key, n.At = workflows.ViolationNoticeKey(v, kind, atUnix), s.deps.Now().UTC()
	_, err := s.deps.Workflows.Start(ctx, Start{Type: TypeAnnounce, ID: workflows.NoticeID(n.Key), Fleet: v.Fleet, Summary: n.Title, Input: n})
	var busy *BusyError
	if errors.As(err, &busy) { // an earlier call was cut off after this
		return nil
	}
	return err
}

// openAlert tells the open rollout and people before the violation is recorded: were
// it the other way round, a failure between the two would look like a repeat the next
// time, and neither would ever be told.
func (s *Server) openAlert(ctx context.Context, v serving.Violation) (alertResult, error) {
	result := alertOpened
	var before any
	known, err := s.deps.Store.Violation(ctx, v.ID)
	switch {
	case err == nil && known.ResolvedAt == nil:
		result = alertRepeated
	case err == nil:
		before = known
	case !s.isNotFound(err):
		return "", err
	}
	if result == alertOpened {
		err := s.deps.Workflows.Signal(ctx, workflows.RolloutID(v.Fleet), workflows.SLOViolation, v)
		if err != nil && !errors.Is(err, ErrUnknownWorkflow) && !errors.Is(err, ErrWorkflowClosed) {
			return "", err
		}
		if err := s.announce(ctx, v, serving.NoticeViolationOpened, cmp.Or(v.BeganUnix, v.DetectedUnix)); err != nil {
			return "", err
		}
	}
	now := s.deps.Now().UTC()
	rec := serving.ViolationRecord{ID: v.ID, Violation: v, Fleet: v.Fleet, OpenedAt: now, LastSeenAt: now}
	if err := s.deps.Store.SaveViolation(ctx, rec); err != nil {
		return "", err
	}
	if result == alertOpened {
		s.auditAlert(ctx, "open", v.ID, before, rec)
	}
	return result, nil
}

// violationOfAlert is what an alert says in our words. Its kind is the alert's
// name and pair, so that two alerts of one objective do not end each other.
func violationOfAlert(a Alert, now time.Time) serving.Violation {
	l := a.Labels
	kind := "alert-" + l["alertname"]
	if l["pair"] != "" {
		kind += "-" + l["pair"]
	}
	objective := cmp.Or(l["slo"], l["alertname"])
	v := serving.Violation{
		Fleet: l["fleet"], Variant: serving.Variant(l["variant"]), SLO: objective, Kind: kind, Severity: severityOf(l["severity"]),
		Source: "alertmanager", DetectedUnix: float64(now.UnixMilli()) / 1000,
		Reason: cmp.Or(a.Annotations["summary"], a.Annotations["description"], l["alertname"]),
	}
	v.ID = slo.FingerprintOf(v.Fleet, v.Variant, objective, kind)
	if !a.StartsAt.IsZero() {
		v.BeganUnix = float64(a.StartsAt.UnixMilli()) / 1000
	}
	v.Observed, v.Threshold = numberOf(a.Annotations["observed"]), numberOf(a.Annotations["threshold"])
	return v
}

// numberOf is 0, which is left out, for what is no number.
func numberOf(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v != v || v-v != 0 {
		return 0
	}
	return v
}

// severityOf maps what people write in rules; what says nothing is for a person
// to look at now.
func severityOf(word string) serving.AlertSeverity {
	switch word {
	case "ticket", "warning", "info", "none":
		return serving.AlertTicket
	}
	return serving.AlertPage
}
