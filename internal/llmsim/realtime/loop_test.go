package realtime_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/realtime"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

type costs struct{ step float64 }

func (c costs) StepSeconds(perfmodel.Batch) float64 { return c.step }
func (c costs) APISeconds(int) float64              { return 0.0005 }

// observer records what the loop reports.
type observer struct {
	mu       sync.Mutex
	last     sched.Stats
	steps    int
	tokens   int
	gaps     float64
	finished []string
	lost     float64
}

func (o *observer) Step(s sched.Stats, e []sched.Emission) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = s
	if len(e) > 0 {
		o.steps++
	}
	for _, t := range e {
		o.tokens++
		o.gaps += t.GapSeconds
	}
}

func (o *observer) Finished(_ *sched.Request, reason string, _ int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finished = append(o.finished, reason)
}

func (o *observer) Lost(seconds float64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lost += seconds
}

func (o *observer) read(f func(*observer)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f(o)
}

// start runs a loop until the test ends.
func start(t *testing.T, step float64) (*realtime.Loop, *observer, context.CancelFunc) {
	t.Helper()
	core, err := llmsim.NewCore(sched.Limits{
		Blocks: 1000, BlockSize: 16, MaxNumSeqs: 64, MaxNumBatchedTokens: 1024, MaxModelLen: 16000,
		ChunkedPrefill: true, PrefixCaching: true,
	}, costs{step: step}, 1)
	require.NoError(t, err)
	seen := &observer{}
	loop := realtime.New(core, seen)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		loop.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return loop, seen, cancel
}

func job(loop *realtime.Loop, prompt, output, every int) realtime.Job {
	return realtime.Job{
		Request: &sched.Request{Prompt: make([]sched.Token, prompt), Output: output, Times: sched.Times{Arrived: loop.Now()}},
		Reason:  "length", MaxTokens: output, WakeEvery: every,
	}
}

// drain reads a stream to its end and returns the counts it saw.
func drain(t *testing.T, s *realtime.Stream) []int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var seen []int
	for {
		n, last, err := s.Next(ctx)
		require.NoError(t, err)
		seen = append(seen, n)
		if last {
			return seen
		}
	}
}

func TestLoop_Stream_DeliversEveryTokenInOrder(t *testing.T) {
	t.Parallel()
	loop, seen, _ := start(t, 0.002)
	counts := drain(t, loop.Submit(job(loop, 20, 30, 1)))
	require.IsIncreasing(t, counts)
	require.Equal(t, 30, counts[len(counts)-1])
	require.Eventually(t, func() bool {
		done := false
		seen.read(func(o *observer) { done = len(o.finished) == 1 && o.tokens == 30 })
		return done
	}, 5*time.Second, time.Millisecond)
}

func TestLoop_ReaderThatWantsTheEndOnly_IsWokenOnce(t *testing.T) {
	t.Parallel()
	loop, _, _ := start(t, 0.0005)
	require.Equal(t, []int{40}, drain(t, loop.Submit(job(loop, 5, 40, 0))))
}

func TestLoop_StreamInterval_WakesForGroups(t *testing.T) {
	t.Parallel()
	loop, _, _ := start(t, 0.0005)
	require.LessOrEqual(t, len(drain(t, loop.Submit(job(loop, 5, 41, 10)))), 5, "the first token and four groups of ten")
}

// However late the host wakes up, steps are laid end to end: 200 steps of 1 ms
// take at least their time, and the loop owes nothing but what it reports.
func TestLoop_Steps_TakeTheirTimeAndNoMoreThanIsReportedLost(t *testing.T) {
	t.Parallel()
	loop, seen, _ := start(t, 0.001)
	began := loop.Now()
	drain(t, loop.Submit(job(loop, 5, 200, 0)))
	took := loop.Now() - began
	require.Greater(t, took, 0.95*0.2)
	var lost float64
	seen.read(func(o *observer) { lost = o.lost })
	// 0.1 s is the lag that is made good and not reported; the rest is this
	// test's own waking up.
	require.Less(t, took-lost, 0.2+0.1+1)
}

func TestLoop_Abort_FreesBlocks(t *testing.T) {
	t.Parallel()
	loop, seen, _ := start(t, 0.001)
	s := loop.Submit(job(loop, 500, 10_000, 1))
	_, last, err := s.Next(context.Background())
	require.NoError(t, err)
	require.False(t, last)
	loop.Abort(s)
	require.Eventually(t, func() bool {
		free := false
		seen.read(func(o *observer) { free = o.last.Used == 0 && o.last.Running == 0 })
		return free
	}, 5*time.Second, time.Millisecond)
	seen.read(func(o *observer) { require.Empty(t, o.finished, "the engine does not count what a client gave up") })
	loop.Abort(s) // again: no effect
	drain(t, loop.Submit(job(loop, 5, 3, 1)))
}

func TestLoop_Hang_StopsProgressUntilItIsOver(t *testing.T) {
	t.Parallel()
	loop, seen, _ := start(t, 0.001)
	loop.SetFaults(1, true)
	s := loop.Submit(job(loop, 5, 5, 1))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, _, err := s.Next(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	seen.read(func(o *observer) { require.Zero(t, o.tokens) })
	loop.SetFaults(1, false)
	drain(t, s)
}

func TestLoop_Slow_StretchesSteps(t *testing.T) {
	t.Parallel()
	loop, seen, _ := start(t, 0.001)
	loop.SetFaults(100, false)
	drain(t, loop.Submit(job(loop, 5, 6, 0)))
	require.Eventually(t, func() bool {
		enough := false
		seen.read(func(o *observer) { enough = o.gaps > 0.9*5*0.1-0.1 }) // the first token may be late by maxLag
		return enough
	}, 5*time.Second, time.Millisecond)
}

func TestLoop_Stop_EndsOpenStreams(t *testing.T) {
	t.Parallel()
	loop, _, stop := start(t, 0.001)
	s := loop.Submit(job(loop, 5, 10_000, 0))
	stop()
	_, _, err := s.Next(context.Background())
	require.ErrorIs(t, err, realtime.ErrStopped)
	_, err = loop.ResetPrefixCache(context.Background())
	require.ErrorIs(t, err, realtime.ErrStopped)
}

func TestLoop_RequestTheSchedulerRefuses_FailsItsStream(t *testing.T) {
	t.Parallel()
	loop, _, _ := start(t, 0.001)
	_, _, err := loop.Submit(job(loop, 15_999, 2, 1)).Next(context.Background())
	require.ErrorIs(t, err, realtime.ErrRejected)
	require.ErrorIs(t, err, sched.ErrTooLong)
}

func TestLoop_ResetPrefixCache_OnlyWhenIdle(t *testing.T) {
	t.Parallel()
	loop, _, _ := start(t, 0.001)
	ok, err := loop.ResetPrefixCache(context.Background())
	require.NoError(t, err)
	require.True(t, ok)
	s := loop.Submit(job(loop, 5, 10_000, 1))
	_, _, err = s.Next(context.Background())
	require.NoError(t, err)
	ok, err = loop.ResetPrefixCache(context.Background())
	require.NoError(t, err)
	require.False(t, ok)
	loop.Abort(s)
}

// Many streams at once over one loop: every one gets exactly its tokens.
func TestLoop_ManyStreams_NoneLosesTokens(t *testing.T) {
	t.Parallel()
	loop, seen, _ := start(t, 0.001)
	var readers sync.WaitGroup
	for i := range 100 {
		s := loop.Submit(job(loop, 10+i, 20+i%7, 1))
		readers.Go(func() {
			for {
				if _, last, err := s.Next(context.Background()); last || err != nil {
					return
				}
			}
		})
	}
	readers.Wait()
	want := 0
	for i := range 100 {
		want += 20 + i%7
	}
	require.Eventually(t, func() bool {
		done := false
		seen.read(func(o *observer) { done = o.tokens == want && len(o.finished) == 100 && o.last.Used == 0 })
		return done
	}, 5*time.Second, time.Millisecond)
}
