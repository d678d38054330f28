package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// admit decides whether a request is answered at all: who asks, whether they asked
// too often, and whether their role and their fleets allow the route. It comes
// before anything reads the body.
func (s *Server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Path() == "/metrics" || strings.HasPrefix(c.Path(), "/health") && c.Path() != detailedPath {
			return next(c) // an orchestrator that is refused would restart a healthy server
		}
		r, known := s.routes[c.Request().Method+" "+c.Path()]
		if !known {
			// The router's own answers and the files of the documentation page.
			r = route{public: c.Path() == "" || strings.HasPrefix(c.Path(), docsAssets), reach: reachNone}
		}
		if r.path == sessionPath {
			// Nor may another site sign a browser in or out.
			if err := sameOrigin(c.Request()); err != nil {
				return err
			}
		}
		who, err := s.whoAsks(c, r)
		if r.page && canSignIn(c.Request(), err) {
			return s.askToSignIn(c, "")
		}
		if err != nil {
			return err
		}
		c.SetRequest(c.Request().WithContext(context.WithValue(c.Request().Context(), callerKey{}, who)))
		if r.public {
			return next(c)
		}
		if err := mayDo(who.Principal.Role, r.neededRole()); err != nil {
			return err
		}
		if err := s.mayTouch(c.Request().Context(), r, c.Param); err != nil {
			return err
		}
		return next(c)
	}
}

func mayDo(have, need serving.Role) error {
	switch {
	case have == "":
		return newProblem(http.StatusForbidden, "forbidden", "your token gives you no role here; this needs the role "+string(need))
	case !have.Covers(need):
		return newProblem(http.StatusForbidden, "forbidden", "this needs the role "+string(need)+", and yours is "+string(have))
	}
	return nil
}

// whoAsks is the caller with their principal, after the limits.
func (s *Server) whoAsks(c echo.Context, r route) (Caller, error) {
	who := callerOf(c.Request().Context())
	address := who.Address
	if s.deps.Auth == nil {
		who.Principal = everyone()
		return who, s.limits.take(address)
	}
	who.Actor = "anonymous"
	var token string
	if !r.public {
		var err error
		if token, err = credential(c.Request(), s.trusted(c.Request().URL.Path)...); err != nil {
			return who, errors.Join(s.limits.take(address), err)
		}
	}
	if r.public || token == "" {
		if err := s.limits.take(address); err != nil || r.public {
			return who, err
		}
		return who, unauthorized("", "this needs a key or a token: send Authorization: Bearer KEY")
	}
	p, err := s.principalOf(c.Request().Context(), r, token, address)
	who.Principal, who.Actor = p, p.Name
	return who, err
}

// bearer is the token of a request, "" without one.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// principalOf knows a token from before, or asks. Whoever is known is limited by
// who they are; others by their address, before it costs a look into the store.
func (s *Server) principalOf(ctx context.Context, r route, token, address string) (Principal, error) {
	if p, ok := s.known.find(token, s.deps.Now()); ok {
		return p, s.limits.take(p.ID)
	}
	if err := s.limits.take(address); err != nil {
		return Principal{}, err
	}
	p, away, err := recall(ctx, s, func(ctx context.Context) (Principal, error) { return s.deps.Auth.Authenticate(ctx, token) })
	switch {
	case errors.Is(err, ErrCredential):
		s.known.drop(token)
		return Principal{}, unauthorized("invalid_token", err.Error())
	case away && r.duringOutage():
		if p, ok := s.known.lately(token, s.deps.Now()); ok {
			s.deps.Log.WarnContext(ctx, "the store is away: a credential is trusted that was good lately", "actor", p.Name, "operation", r.id)
			return p, nil
		}
	}
	if err != nil {
		return Principal{}, err
	}
	s.known.keep(token, p, s.deps.Now())
	return p, nil
}

const bearerChallenge = `Bearer realm="performance-agent"`

// unauthorized is a 401 with the challenge of RFC 6750.
func unauthorized(code, detail string) *Problem {
	p := newProblem(http.StatusUnauthorized, "unauthorized", detail)
	p.challenge = bearerChallenge
	if code != "" {
		p.challenge += `, error="` + code + `"`
	}
	return p
}
