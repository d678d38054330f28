package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// auditNote is what a handler adds to the audit row that handle writes for it.
type auditNote struct {
	// actor is who did it, where that is not the caller as the credential says.
	actor         string
	target        string
	before, after any
}

type noteKey struct{}

// withNote prepares the row; its target is the fleet or record of the path.
func withNote(ctx context.Context, in any) (context.Context, *auditNote) {
	note := &auditNote{}
	if t, ok := in.(interface{ auditTarget() string }); ok {
		note.target = t.auditTarget()
	}
	return context.WithValue(ctx, noteKey{}, note), note
}

// noteOf is the note of this request.
func noteOf(ctx context.Context) *auditNote {
	if n, ok := ctx.Value(noteKey{}).(*auditNote); ok {
		return n
	}
	return &auditNote{}
}

// remark tells the audit row what was changed, from what to what.
func remark(ctx context.Context, target string, before, after any) {
	n := noteOf(ctx)
	n.target, n.before, n.after = target, before, after
}

// remarkFor is remark for what somebody did whom no credential names.
func remarkFor(ctx context.Context, actor, target string, before, after any) {
	remark(ctx, target, before, after)
	noteOf(ctx).actor = actor
}

// auditTimeout bounds the row's own write: the change it tells of has happened, so
// it is written even if the caller has gone away.
const auditTimeout = 5 * time.Second

func (s *Server) writeAudit(ctx context.Context, action string, n auditNote) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	who := callerOf(ctx)
	row := serving.AuditRecord{
		Key: rand.Text(), At: s.deps.Now().UTC(), Actor: cmp.Or(n.actor, who.Actor), Action: action, Target: n.target,
		RequestID: who.RequestID, Before: n.before, After: n.after,
	}
	_, _, err := recall(ctx, s, func(ctx context.Context) (none, error) { return none{}, s.deps.Store.SaveAudit(ctx, row) })
	if err == nil {
		return
	}
	if kept := s.remember(ctx, row); kept != nil {
		s.deps.Log.ErrorContext(ctx, "audit row lost", "action", action, "target", n.target,
			"actor", row.Actor, "request_id", who.RequestID, "error", errors.Join(err, kept))
	}
}

// AuditQuery narrows the audit log.
type AuditQuery struct {
	PageQuery
	Actor  string    `query:"actor" maxLength:"128" doc:"Name of a key or of a token's owner; alertmanager for its webhook." example:"ci"`
	Action string    `query:"action" maxLength:"64" doc:"What was done: group and verb." example:"fleet.update"`
	Target string    `query:"target" maxLength:"128" doc:"Name of the fleet, or ID of the record." example:"chat"`
	From   time.Time `query:"from" doc:"Earliest, RFC 3339."`
	To     time.Time `query:"to" doc:"Latest, RFC 3339."`
}

func (s *Server) registerAudit() {
	handleList(s, route{method: http.MethodGet, path: prefix + "/audit", id: "list-audit", group: "system", role: serving.RoleAdmin,
		summary: "Who changed what, newest first, with what was before and what is after"}, []string{"at", "actor", "target"},
		func(ctx context.Context, in *AuditQuery) (*body[Page[serving.AuditRecord]], error) {
			q := in.query()
			q.From, q.To, q.Actor, q.Action, q.Target = in.From, in.To, in.Actor, in.Action, in.Target
			page, err := s.deps.Store.ListAudit(ctx, q)
			return answer(page), err
		})
}
