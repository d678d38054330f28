package llmsim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// record keeps what an observer was told.
type record struct {
	tokens, idle int
	finished     []string
	asked        []int
	latest       float64 // time of the latest token
	last         sched.Stats
}

func (r *record) Step(s sched.Stats, tokens []sched.Emission) {
	r.last = s
	if len(tokens) == 0 {
		r.idle++
	}
	for _, e := range tokens {
		r.tokens++
		r.latest = max(r.latest, e.Request.Times.LastToken)
	}
}

func (r *record) Finished(_ *sched.Request, reason string, maxTokens int) {
	r.finished = append(r.finished, reason)
	r.asked = append(r.asked, maxTokens)
}

func (r *record) Lost(float64) { panic("virtual time loses nothing") }

func spaced(n int, every float64) []llmsim.Arrival {
	list := arrivals(n, 10, 20, 0)
	for i := range list {
		list[i].AtSeconds = every * float64(i)
	}
	return list
}

func TestWatch_Observer_IsToldWhatTheRunDid(t *testing.T) {
	t.Parallel()
	c, _ := flatCore(t)
	seen := &record{}
	list := spaced(4, 0.1)
	list[1].MaxTokens = 30
	run, err := llmsim.Open(c, list, llmsim.Watch{Observer: seen})
	require.NoError(t, err)
	require.Equal(t, 80, seen.tokens)
	require.ElementsMatch(t, []string{"length", "stop", "length", "length"}, seen.finished)
	require.ElementsMatch(t, []int{20, 30, 20, 20}, seen.asked)
	require.Equal(t, run.Final, seen.last)
	require.Positive(t, seen.idle, "an idle engine reports itself, too")
}

func TestWatch_At_SeesAllTokensBeforeItsTimeAndNoneAfter(t *testing.T) {
	t.Parallel()
	c, _ := flatCore(t)
	seen := &record{}
	var times []float64
	var tokens []int
	run, err := llmsim.Open(c, spaced(4, 1), llmsim.Watch{
		Observer: seen, EverySeconds: 0.5,
		At: func(now float64) {
			require.LessOrEqual(t, seen.latest, now)
			times = append(times, now)
			tokens = append(tokens, seen.tokens)
		},
	})
	require.NoError(t, err)
	require.Equal(t, []float64{0.5, 1, 1.5, 2, 2.5, 3}, times)
	require.Equal(t, []int{20, 20, 40, 40, 60, 60}, tokens, "each answer is over after 0.2 s")
	require.Less(t, run.Seconds, 3.5)
}

func TestWatch_DoesNotChangeTheRun(t *testing.T) {
	t.Parallel()
	plain, _ := flatCore(t)
	watched, _ := flatCore(t)
	want, err := llmsim.Closed(plain, 3, arrivals(9, 10, 20, 0))
	require.NoError(t, err)
	got, err := llmsim.Closed(watched, 3, arrivals(9, 10, 20, 0),
		llmsim.Watch{Observer: &record{}}, llmsim.Watch{EverySeconds: 0.01, At: func(float64) {}}, llmsim.Watch{EverySeconds: 1})
	require.NoError(t, err)
	require.Equal(t, want, got)
}
