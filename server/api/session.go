package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// sessionCookie carries a browser's key: out of reach of scripts, never sent from
// another site, and gone when the browser closes.
const sessionCookie = "performance-agent-session"

const sessionPath = "/session"

// maxKey is the longest key or token that a session is begun with, as SessionInput
// says too.
const maxKey = 2048

// SessionInput signs a browser in.
type SessionInput struct {
	Key string `json:"key" required:"true" minLength:"1" maxLength:"2048" doc:"An API key."`
}

// SessionView is who one is here.
type SessionView struct {
	Name   string       `json:"name" doc:"The actor in records."`
	Role   serving.Role `json:"role"`
	Fleets []string     `json:"fleets,omitempty" doc:"Those the credential is good for; absent: all."`
}

func viewOf(name string, p Principal) SessionView {
	return SessionView{Name: name, Role: p.Role, Fleets: p.Fleets}
}

type sessionOutput struct {
	SetCookie    string `header:"Set-Cookie"`
	CacheControl string `header:"Cache-Control"`
	Body         SessionView
}

type signedOut struct {
	SetCookie string `header:"Set-Cookie"`
}

func (s *Server) registerSession() {
	on := func(method, id, summary string, errors ...int) route {
		return route{method: method, path: sessionPath, id: id, group: "keys", summary: summary, reach: reachNone, errors: errors}
	}
	in := on(http.MethodPost, "sign-in", "Sign a browser in: the key goes into a cookie that scripts cannot read",
		http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable)
	in.public, in.secret, in.action = true, true, "session.start"
	handle(s, in, s.signIn)
	handle(s, on(http.MethodGet, "get-session", "Who the caller is, and what they may"),
		func(ctx context.Context, _ *struct{}) (*body[SessionView], error) {
			who := callerOf(ctx)
			return answer(viewOf(who.Actor, who.Principal)), nil
		})
	out := on(http.MethodDelete, "sign-out", "Have the browser forget the key; the key itself stays good", http.StatusForbidden)
	out.public, out.status = true, http.StatusNoContent
	handle(s, out, func(context.Context, *struct{}) (*signedOut, error) {
		c := s.cookie("")
		c.MaxAge = -1
		return &signedOut{SetCookie: c.String()}, nil
	})
}

func (s *Server) signIn(ctx context.Context, in *struct{ Body SessionInput }) (*sessionOutput, error) {
	who := callerOf(ctx)
	if s.deps.Auth != nil {
		p, err := s.deps.Auth.Authenticate(ctx, in.Body.Key)
		if errors.Is(err, ErrCredential) {
			return nil, unauthorized("invalid_token", err.Error())
		}
		if err != nil {
			return nil, err
		}
		who.Principal, who.Actor = p, p.Name
	}
	remarkFor(ctx, who.Actor, who.Actor, nil, viewOf(who.Actor, who.Principal))
	return &sessionOutput{SetCookie: s.cookie(in.Body.Key).String(), CacheControl: "no-store", Body: viewOf(who.Actor, who.Principal)}, nil
}

// cookie holds a key in base64, since a cookie's value cannot have every character.
func (s *Server) cookie(key string) *http.Cookie {
	return &http.Cookie{Name: sessionCookie, Value: base64.RawURLEncoding.EncodeToString([]byte(key)), Path: "/",
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.cfg.TLS}
}

// credential is the caller's token: of the header, or else of a browser's cookie.
// With a cookie a browser would sign what another site makes it send, so what comes
// from elsewhere and changes something is refused.
func credential(r *http.Request, trusted ...string) (string, error) {
	if r.Header.Get("Authorization") != "" {
		return bearer(r), nil
	}
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return "", nil //nolint:nilerr // without a cookie there is no credential, which is the caller's to judge
	}
	if err := sameOrigin(r, trusted...); err != nil {
		return "", err
	}
	key, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return "", unauthorized("invalid_token", "the session's cookie is not one of ours: sign in again")
	}
	return string(key), nil
}

// sameOrigin refuses what changes something and was made by a page of another
// origin that is not trusted, by Sec-Fetch-Site or, where a browser sends none, Origin.
func sameOrigin(r *http.Request, trusted ...string) error {
	var protection http.CrossOriginProtection
	for _, origin := range trusted {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return fmt.Errorf("trusted origin: %w", err)
		}
	}
	if protection.Check(r) != nil {
		return newProblem(http.StatusForbidden, "forbidden", "a page of another origin made this request; send a key in Authorization instead")
	}
	return nil
}
