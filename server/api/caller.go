package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/labstack/echo/v4"
)

// Caller is who asks and under which request.
type Caller struct {
	RequestID      string
	Actor          string
	IdempotencyKey string
	Principal      Principal
	Address        string
}

// place is whom live streams are counted for.
func (c Caller) place() string { return cmp.Or(c.Principal.ID, c.Address) }

// owner is whom idempotency keys belong to: a credential, or else a name.
func (c Caller) owner() string {
	if c.Principal.ID != "" {
		return c.Principal.ID
	}
	return c.Actor
}

// order tells this request from every other, also when it is sent again: by its
// idempotency key, which is only known to be unique to its owner. "" without a key.
func (c Caller) order() string {
	if c.IdempotencyKey == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(c.owner() + "\n" + c.IdempotencyKey))
	return hex.EncodeToString(sum[:])
}

type callerKey struct{}

func callerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

const (
	headerActor       = "X-Actor"
	headerIdempotency = "Idempotency-Key"
	// maxHeader bounds names that we store and log.
	maxHeader = 128
)

// identify puts the caller into the request's context. A request ID of the
// caller's is kept when it is plain, so that traces join.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		who := Caller{
			RequestID:      plainOr(r.Header.Get(echo.HeaderXRequestID), ""),
			Actor:          plainOr(r.Header.Get(headerActor), "anonymous"),
			IdempotencyKey: r.Header.Get(headerIdempotency),
			Address:        "address " + c.RealIP(),
		}
		if who.RequestID == "" {
			who.RequestID = s.deps.NewID()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, who.RequestID)
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), callerKey{}, who)))
		return next(c)
	}
}

func plainOr(v, fallback string) string {
	v = strings.TrimSpace(v)
	odd := func(r rune) bool { return r < ' ' || r > '~' }
	if v == "" || len(v) > maxHeader || strings.ContainsFunc(v, odd) {
		return fallback
	}
	return v
}
