package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// reach says which fleets a route touches that has none in its path.
type reach int

const (
	// reachAll is what a route has that says nothing: only callers whose credential
	// is good for every fleet. Routes under {fleet} and those with fleetsOf need not
	// say anything.
	reachAll reach = iota
	// reachNone: it touches no fleet.
	reachNone
	// reachOwn: its handler keeps to the fleets that the caller may see.
	reachOwn
)

// fleetsOf finds the fleets of the record that a path names.
type fleetsOf func(ctx context.Context, id string) ([]string, error)

// oneFleet makes a fleetsOf of a read of the store.
func oneFleet[T any](read func(context.Context, string) (T, error), fleet func(T) string) fleetsOf {
	return func(ctx context.Context, id string) ([]string, error) {
		rec, err := read(ctx, id)
		return []string{fleet(rec)}, err
	}
}

// neededRole is the route's own, or else that of its method: who may look is not
// who may act.
func (r route) neededRole() serving.Role {
	switch {
	case r.role != "":
		return r.role
	case r.method == http.MethodGet:
		return serving.RoleViewer
	}
	return serving.RoleOperator
}

// pattern is the route as the router names it.
func (r route) pattern() string {
	return r.method + " " + strings.NewReplacer("{", ":", "}", "").Replace(r.path)
}

// bearerScheme is the name of our security scheme in the document.
const bearerScheme = "bearer"

// documentAccess says in the document what a route needs.
func (r route) documentAccess(op *huma.Operation) {
	if r.public {
		return
	}
	op.Security = []map[string][]string{{bearerScheme: {}}}
	op.Description = strings.TrimSpace(op.Description + "\n\nNeeds the role " + string(r.neededRole()) + " or a greater one" + r.reachText() + ".")
	op.Extensions = map[string]any{"x-required-role": r.neededRole()}
}

func (r route) reachText() string {
	switch {
	case strings.Contains(r.path, "{fleet}"):
		return ", for this fleet"
	case r.fleetsOf != nil:
		return ", for the fleet that the record is of"
	case r.reach == reachOwn:
		return "; shows and takes only fleets that the credential is good for"
	case r.reach == reachNone:
		return ""
	}
	return ", for all fleets"
}

// mayTouch checks the fleets that the path leads to. A record of a foreign fleet
// is answered as if there were none, so that nobody learns which there are.
func (s *Server) mayTouch(ctx context.Context, r route, param func(string) string) error {
	who := callerOf(ctx).Principal
	switch {
	case who.Fleets == nil:
		return nil
	case strings.Contains(r.path, "{fleet}"):
		return mustSee(ctx, param("fleet"))
	case r.fleetsOf != nil:
		return s.mayTouchRecord(ctx, r.fleetsOf, param("id"))
	case r.reach == reachAll:
		return newProblem(http.StatusForbidden, "forbidden", "your credential is good for some fleets only, and this route is about all of them")
	}
	return nil
}

func (s *Server) mayTouchRecord(ctx context.Context, of fleetsOf, id string) error {
	fleets, err := of(ctx, id)
	if err != nil {
		return err
	}
	who := callerOf(ctx).Principal
	if len(fleets) == 0 || slices.ContainsFunc(fleets, func(f string) bool { return !who.sees(f) }) {
		return foreignRecord()
	}
	return nil
}
