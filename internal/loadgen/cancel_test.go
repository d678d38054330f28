package loadgen_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// clientGoroutines lists the goroutines that belong to a generator or to one of
// its connections.
func clientGoroutines() (out []string) {
	buf := make([]byte, 4<<20)
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "loadgen.(*") || strings.Contains(g, "http.(*persistConn)") {
			out = append(out, g)
		}
	}
	return out
}

// Not parallel: it looks at the goroutines of the whole process.
func TestSteady_Canceled_StopsAtOnceAndLeavesNoGoroutine(t *testing.T) {
	arrived := make(chan struct{}, 1000)
	e := &fakeEngine{answer: func(w http.ResponseWriter, r *http.Request, n int) bool {
		if n%2 == 0 {
			sendToken(w) // half of them in mid-stream
		}
		arrived <- struct{}{}
		<-r.Context().Done()
		return true
	}}
	target := e.start(t)
	g := loadgen.New(loadgen.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	spec := serving.LoadSpec{Workload: workload(100, 4, 2), DurationSeconds: 600, Seed: 1}
	go func() {
		_, err := g.Steady(ctx, target, "m", spec, nil)
		ended <- err
	}()
	for range 20 {
		<-arrived
	}
	require.NotEmpty(t, clientGoroutines())

	cancel()

	require.ErrorIs(t, <-ended, context.Canceled)
	e.serving.Wait()
	require.Eventually(t, func() bool { return len(clientGoroutines()) == 0 }, 10*time.Second, 20*time.Millisecond,
		"goroutines are left behind")
}

func TestSteady_DeadlineOfTheCaller_IsItsError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	e := &fakeEngine{answer: func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		<-r.Context().Done()
		return true
	}}
	spec := serving.LoadSpec{Workload: workload(100, 4, 2), DurationSeconds: 600, Seed: 1}

	_, err := patient().Steady(ctx, e.start(t), "m", spec, nil)

	require.ErrorIs(t, err, context.DeadlineExceeded)
}
