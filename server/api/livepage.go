package api

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/optiinfra/performance-agent/internal/overview"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const livePath = "/"

// registerLivePage adds the page for people, which is no operation of the API.
func (s *Server) registerLivePage() {
	r := route{method: http.MethodGet, path: livePath, reach: reachOwn, page: true}
	s.routes[r.pattern()] = r
	s.echo.GET(livePath, s.livePage)
}

func (s *Server) livePage(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), s.cfg.RequestTimeout)
	defer cancel()
	o, err := s.overview(ctx)
	if err != nil {
		return err
	}
	who := callerOf(ctx)
	reader := overview.Reader{Orders: who.Principal.Role.Covers(serving.RoleOperator)}
	if s.deps.Auth != nil {
		reader.Name = who.Actor
	}
	var page bytes.Buffer
	if err := s.live.Render(&page, o, reader); err != nil {
		return err
	}
	return sendPage(c, http.StatusOK, s.live.Policy(), page.Bytes())
}

// sendPage sends what is of one reader only. Of its address a browser tells our own
// pages, since without that a form of ours seems to come from elsewhere.
func sendPage(c echo.Context, status int, policy string, page []byte) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentSecurityPolicy, policy)
	h.Set(echo.HeaderCacheControl, "no-store")
	h.Set(echo.HeaderReferrerPolicy, "same-origin")
	return c.Blob(status, htmlType, page)
}

// canSignIn says whether a request was refused for want of a session that its
// browser could have.
func canSignIn(r *http.Request, refusal error) bool {
	var p *Problem
	return errors.As(refusal, &p) && p.Status == http.StatusUnauthorized &&
		r.Header.Get(echo.HeaderAuthorization) == "" && strings.Contains(r.Header.Get(echo.HeaderAccept), echo.MIMETextHTML)
}

// askToSignIn answers with a form that leads back to where the browser is.
func (s *Server) askToSignIn(c echo.Context, said string) error {
	form := overview.SignIn{To: c.Request().URL.RequestURI(), Said: said}
	if c.Path() == sessionPath {
		form.To = ownPath(c.Request().PostFormValue("to"))
	}
	var page bytes.Buffer
	if err := s.live.RenderSignIn(&page, form); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderVary, "Accept, Cookie")
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, bearerChallenge)
	return sendPage(c, http.StatusUnauthorized, s.live.SignInPolicy(), page.Bytes())
}

// signInByForm takes what the form sends, which needs no script; all else of the
// route goes on as JSON.
func (s *Server) signInByForm(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		kind, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
		if c.Path() != sessionPath || c.Request().Method != http.MethodPost || kind != echo.MIMEApplicationForm {
			return next(c)
		}
		key := strings.TrimSpace(c.Request().PostFormValue("key"))
		if key == "" || len(key) > maxKey {
			return s.askToSignIn(c, "That is no key.")
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), s.cfg.RequestTimeout)
		defer cancel()
		out, err := s.signIn(ctx, &struct{ Body SessionInput }{SessionInput{Key: key}})
		if canSignIn(c.Request(), err) {
			return s.askToSignIn(c, "This key is not accepted: it is wrong, expired or revoked.")
		}
		if err != nil {
			return s.problemOf(err)
		}
		c.Response().Header().Set(echo.HeaderSetCookie, out.SetCookie)
		c.Response().Header().Set(echo.HeaderCacheControl, out.CacheControl)
		return c.Redirect(http.StatusSeeOther, ownPath(c.Request().PostFormValue("to")))
	}
}

// ownPath is a path of this server's, the live page where to is anything else: a
// form must not lead its user away.
func ownPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\") {
		return livePath
	}
	return u.RequestURI()
}
