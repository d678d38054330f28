package gateway_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// now observes a variant in a window that reaches the present.
func (s *stack) now(v serving.Variant) serving.ArmObservation {
	return s.Observe(v, 0, 1e11)[0]
}

// hold makes an engine wait after the event of that number until released.
func hold(t *testing.T, after int) (change func(*engine), release func()) {
	t.Helper()
	gate := make(chan struct{})
	return func(e *engine) {
		e.Events = 3
		e.After = func(i int) {
			if i == after {
				<-gate
			}
		}
	}, func() { close(gate) }
}

func TestRunning_StreamUntilItEnds_IsThereAndThenASampleInstead(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	change, release := hold(t, 0)
	s.pool(t, serving.Stable, newEngine(t, "stable", change))
	require.NotNil(t, s.now(serving.Stable).Running, "a gateway can tell")
	done := make(chan struct{})
	go func() { defer close(done); s.ask("") }()
	watch(t, "the first token came", func() bool {
		running := s.now(serving.Stable).Running
		return len(running) == 1 && running[0].TTFTSeconds.IsKnown()
	})
	running := s.now(serving.Stable)
	require.Empty(t, running.Samples)
	require.False(t, running.Running[0].AwaitsToken)
	require.Positive(t, running.Running[0].AgeSeconds)
	require.GreaterOrEqual(t, running.Running[0].AgeSeconds, running.Running[0].TTFTSeconds.Or(1e9))
	require.Positive(t, running.SinceUnix)
	release()
	<-done
	require.Empty(t, s.settledRunning(t))
	require.Len(t, s.now(serving.Stable).Samples, 1)
}

// settledRunning waits until a sample is there and returns what runs beside it.
func (s *stack) settledRunning(t *testing.T) []serving.RunningRequest {
	t.Helper()
	var seen serving.ArmObservation
	watch(t, "the request ended", func() bool {
		seen = s.now(serving.Stable)
		require.Equal(t, 1, len(seen.Samples)+len(seen.Running), "seen twice or not at all")
		return len(seen.Samples) == 1
	})
	return seen.Running
}

func TestRunning_WhoAwaitsAToken_IsOneWhoAskedForAStream(t *testing.T) {
	t.Parallel()
	for body, awaits := range map[string]bool{
		`{"prompt":"hello","stream":true}`:                 true,
		`{"stream" : true}`:                                true,
		`{"prompt":"hello"}`:                               false,
		`{"prompt":"hello","stream":false}`:                false,
		`{"prompt":"say \"stream\": true"}`:                false,
		`{"stream_options":{"include_usage":true}}`:        false,
		`{"stream":false,"prompt":"x","extra":"\"true"}`:   false,
		`{"tools":["stream"],"stream":true,"model":"any"}`: true,
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			s := newStack(t, gateway.Options{})
			e := newEngine(t, "stable")
			gate := make(chan struct{})
			e.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-gate })
			s.pool(t, serving.Stable, e)
			done := make(chan struct{})
			go func() { defer close(done); s.askWith(context.Background(), "", body) }()
			watch(t, "the request runs", func() bool { return len(s.now(serving.Stable).Running) == 1 })
			require.Equal(t, awaits, s.now(serving.Stable).Running[0].AwaitsToken)
			close(gate)
			<-done
		})
	}
}

func TestRunning_ClientThatLeft_LeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	change, release := hold(t, 0)
	s.pool(t, serving.Stable, newEngine(t, "stable", change))
	t.Cleanup(release)
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.askWith(ctx, "", `{"stream":true}`) }()
	watch(t, "the request runs", func() bool { return len(s.now(serving.Stable).Running) == 1 })
	leave()
	<-done
	watch(t, "it is gone", func() bool { return len(s.now(serving.Stable).Running) == 0 })
	require.Empty(t, s.now(serving.Stable).Samples)
}

func TestRunning_WindowOfThePast_DoesNotTell(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	s.pool(t, serving.Stable, newEngine(t, "stable"))
	past := float64(time.Now().Unix()) - 60
	require.Nil(t, s.Observe(serving.Stable, past-60, past)[0].Running)
}
