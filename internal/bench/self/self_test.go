package self_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/self"
)

// TestMain lets the test's own binary play a server that waits for its end.
func TestMain(m *testing.M) {
	switch self.Role() {
	case "":
		os.Exit(m.Run())
	case "server":
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		fmt.Println("http://one http://two")
		<-ctx.Done()
		stop()
	default:
		fmt.Println("no address")
	}
}

func TestServe_GivesTheAddresses_AndEndsWithStop(t *testing.T) {
	t.Parallel()
	s, err := self.Serve(t.Context(), "server")
	require.NoError(t, err)
	require.Equal(t, []string{"http://one", "http://two"}, s.Addresses)
	require.Positive(t, s.PID())
	s.Stop()
	_, err = self.Serve(t.Context(), "mute")
	require.ErrorContains(t, err, "instead of its addresses")
}

func TestReadStat_FieldsAfterANameWithParentheses(t *testing.T) {
	t.Parallel()
	line := "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 7 0 1000 2000 33 99 0 0"
	u, err := self.ReadStat([]byte(line), 4096)
	require.NoError(t, err)
	require.Equal(t, self.Usage{CPU: 2 * time.Second, RSS: 33 * 4096}, u)
	for _, wrong := range []string{"", "42 (a) S 1", "42 (a) S 1 2 3 4 5 6 7 8 9 10 x 50 0 0 20 0 7 0 1000 2000 33 99"} {
		_, err := self.ReadStat([]byte(wrong), 4096)
		require.Error(t, err, wrong)
	}
}

func TestUsageOf_ThisProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("no /proc")
	}
	u, err := self.UsageOf(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, u.RSS)
	_, err = self.UsageOf(-1)
	require.Error(t, err)
}
