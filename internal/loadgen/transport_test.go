package loadgen_test

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestSteady_AddressThatTheControlRefuses_IsNeverDialled(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	g := loadgen.New(loadgen.Options{Control: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, address)
		return errors.New("refused by the guard")
	}})
	spec := serving.LoadSpec{Workload: workload(20, 4, 2), DurationSeconds: 1, Seed: 1}
	got, err := g.Steady(t.Context(), "http://169.254.169.254", "m", spec, nil)
	if err == nil {
		require.Positive(t, got.Errors)
		require.Equal(t, got.Requests, got.Errors, "no request got anywhere")
	}
	mu.Lock()
	defer mu.Unlock()
	require.Contains(t, asked, "169.254.169.254:80")
}
