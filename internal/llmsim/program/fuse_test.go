package program_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/program"
)

func TestFuse_PutOutInTime_DoesNotBlow(t *testing.T) {
	t.Parallel()
	blown := make(chan string, 4)
	long := program.NewFuse(func() { blown <- "long" })
	long.PutOut() // never lit: no effect
	long.Light(time.Hour)
	long.PutOut()
	short := program.NewFuse(func() { blown <- "short" })
	short.Light(time.Hour)
	short.Light(time.Millisecond) // the later order counts
	require.Equal(t, "short", <-blown)
	require.Empty(t, blown)
}

func TestFuse_LitAgainAfterItBlew_BlowsOnce(t *testing.T) {
	t.Parallel()
	var count atomic.Int32
	blown := make(chan struct{})
	f := program.NewFuse(func() {
		count.Add(1)
		close(blown) // would panic the second time
	})
	f.Light(0)
	<-blown
	f.Light(0)
	f.Reach()
	require.EqualValues(t, 1, count.Load())
}
