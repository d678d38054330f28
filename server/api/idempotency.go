package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// IdempotencyState is what became of a claim to a key.
type IdempotencyState int

// States of a claim.
const (
	KeyClaimed IdempotencyState = iota // it is ours: do the work
	KeyDone                            // done before: replay the answer
	KeyRunning                         // being done right now
	KeyReused                          // claimed by another request
)

// Answer is a finished answer, kept for replay.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Idempotency keeps claims by owner and key. A claim is atomic between servers; a
// claim whose server died is free again after some time.
type Idempotency interface {
	// ClaimKey tries to claim; the answer is set when the state is KeyDone.
	ClaimKey(ctx context.Context, owner, key, requestHash string) (IdempotencyState, Answer, error)
	// FinishKey keeps the answer of a claim.
	FinishKey(ctx context.Context, owner, key string, a Answer) error
	// ReleaseKey frees a claim whose request failed on our side.
	ReleaseKey(ctx context.Context, owner, key string) error
}

// replayed marks an answer that was given before.
const replayed = "Idempotency-Replayed"

// idempotent gives the same answer to the same POST under the same key.
func (s *Server) idempotent(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		who := callerOf(r.Context())
		if r.Method != http.MethodPost || who.IdempotencyKey == "" || !strings.HasPrefix(r.URL.Path, prefix) ||
			s.routes[r.Method+" "+c.Path()].secret {
			return next(c)
		}
		if plainOr(who.IdempotencyKey, "") == "" {
			return invalid("header."+headerIdempotency, "must be 1 to 128 printable characters", "use a UUID")
		}
		hash, err := hashRequest(c)
		if err != nil {
			return err
		}
		var before Answer
		state, away, err := recall(r.Context(), s, func(ctx context.Context) (state IdempotencyState, err error) {
			state, before, err = s.deps.Store.ClaimKey(ctx, who.owner(), who.IdempotencyKey, hash)
			return state, err
		})
		if away && s.isCommand(c.Path()) {
			return next(c)
		}
		if err != nil {
			return fmt.Errorf("claim idempotency key: %w", err)
		}
		if state == KeyClaimed {
			return s.perform(c, next, who)
		}
		return replay(c, state, before)
	}
}

// hashRequest identifies a request; the body is read and put back.
func hashRequest(c echo.Context) (string, error) {
	r := c.Request()
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return "", bodyProblem(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(content))
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s\n", r.Method, r.URL.RequestURI())
	sum.Write(content)
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// finishTimeout bounds the write that ends a claim: the work is done, so it is
// kept even if the caller has gone away.
const finishTimeout = 5 * time.Second

// perform does the work and keeps the answer. A failure on our side frees the key,
// so that the caller can try again.
func (s *Server) perform(c echo.Context, next echo.HandlerFunc, who Caller) error {
	kept := &keepingWriter{ResponseWriter: c.Response().Writer}
	c.Response().Writer = kept
	ctx := context.WithoutCancel(c.Request().Context())
	finished := false
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, finishTimeout)
		defer cancel()
		if err := s.endClaim(ctx, c, who, kept, finished); err != nil {
			s.deps.Log.ErrorContext(ctx, "idempotency key not ended", "request_id", who.RequestID, "error", err)
		}
	}()
	if err := next(c); err != nil {
		c.Error(err)
	}
	finished = true
	return nil
}

func (s *Server) endClaim(ctx context.Context, c echo.Context, who Caller, kept *keepingWriter, finished bool) error {
	status := c.Response().Status
	if !finished || status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return s.deps.Store.ReleaseKey(ctx, who.owner(), who.IdempotencyKey)
	}
	header := http.Header{}
	for _, name := range []string{echo.HeaderContentType, echo.HeaderLocation, "ETag"} {
		if v := c.Response().Header().Get(name); v != "" {
			header.Set(name, v)
		}
	}
	return s.deps.Store.FinishKey(ctx, who.owner(), who.IdempotencyKey, Answer{Status: status, Header: header, Body: kept.body.Bytes()})
}

func replay(c echo.Context, state IdempotencyState, before Answer) error {
	switch state {
	case KeyRunning:
		p := newProblem(http.StatusConflict, "in-progress", "a request with this Idempotency-Key is being worked on")
		p.retryAfterSeconds = 1
		return p
	case KeyReused:
		return invalid("header."+headerIdempotency, "was used for another request", "use a new key for a new request")
	}
	h := c.Response().Header()
	maps.Copy(h, before.Header)
	h.Set(replayed, "true")
	c.Response().WriteHeader(before.Status)
	_, err := c.Response().Write(before.Body)
	return err
}

// keepingWriter copies what is written.
type keepingWriter struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (w *keepingWriter) Write(b []byte) (int, error) {
	w.body.Write(b)
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *keepingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
