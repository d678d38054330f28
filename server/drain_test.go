package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/server/api"
)

// Its patience is over and a request still runs: its context ends with a cause by
// which it is told from a caller that left, and its answer arrives.
func TestServe_RequestThatOutlivesThePatience_IsToldAndAnswered(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	began := make(chan struct{})
	patient := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		if errors.Is(context.Cause(r.Context()), api.ErrDraining) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l, s, patient, drain{patience: 2 * lastWords}) }()
	go func() {
		<-began
		end()
	}()
	answer, err := http.Get("http://" + l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	require.NoError(t, <-ended)
}

// While the delay lasts, who has not heard yet is served.
func TestServe_WithinTheDelay_TakesNewRequestsAndIsNotReady(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l, s, s.Handler(), drain{delay: time.Hour, patience: patience}) }()
	end()
	require.Eventually(t, func() bool {
		answer, _ := send(t, http.MethodGet, "http://"+l.Addr().String()+"/health/ready", "")
		return answer.StatusCode == http.StatusServiceUnavailable
	}, time.Minute, 10*time.Millisecond, "it says that it is ready")
	for range 3 {
		answer, _ := send(t, http.MethodGet, "http://"+l.Addr().String()+"/version", "")
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.True(t, answer.Close)
	}
	require.NoError(t, l.Close()) // ends it before its time
	require.ErrorIs(t, <-ended, net.ErrClosed)
}

// Whoever never ends the head of a request is let go.
func TestSecurity_SlowHeaders_AreCutOff(t *testing.T) {
	t.Parallel()
	server := httpServer(http.NotFoundHandler(), context.Background())
	require.Positive(t, server.ReadHeaderTimeout)
	require.Positive(t, server.IdleTimeout)
	server.ReadHeaderTimeout = 50 * time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	require.NoError(t, err)
	_, err = io.ReadAll(c)
	require.NoError(t, err, "the server still waits")
}
