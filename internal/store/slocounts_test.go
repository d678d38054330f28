package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
	"github.com/optiinfra/performance-agent/internal/store"
)

// events of "ttft" on stable in the minute that begins some seconds after noon.
func events(seconds, good, bad float64) slo.Count {
	return slo.Count{Variant: serving.Stable, Indicator: "ttft", AllowedShare: 0.05,
		Bucket: slo.Bucket{StartUnix: float64(after(seconds).Unix()), Seconds: 60, Good: good, Bad: bad}}
}

// minuteOf and hourOf are what the store should say of them.
func minuteOf(seconds, good, bad, kept, broken float64) slo.Tally {
	return slo.Tally{Variant: serving.Stable, Indicator: "ttft", GoodMinutes: kept, BadMinutes: broken,
		Bucket: slo.Bucket{StartUnix: float64(after(seconds).Unix()), Seconds: 60, Good: good, Bad: bad}}
}

func hourOf(seconds, good, bad, kept, broken float64) slo.Tally {
	t := minuteOf(seconds, good, bad, kept, broken)
	t.Seconds = 3600
	return t
}

func TestSLOCounts_AddUpByMinute_AndOnlyOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url, store.WithClock(newClock().Now)), context.Background()
		until, err := s.SLOCountedUntil(ctx, "chat")
		require.NoError(t, err)
		require.True(t, until.IsZero())
		require.NoError(t, s.AddSLOCounts(ctx, "chat", after(0), after(15), []slo.Count{events(0, 10, 0)}))
		require.NoError(t, s.AddSLOCounts(ctx, "chat", after(15), after(75), []slo.Count{events(0, 5, 9), events(60, 1, 0)}))
		require.NoError(t, s.AddSLOCounts(ctx, "chat", after(0), after(90), []slo.Count{events(0, 99, 99)}), "a repeat is no error")
		require.NoError(t, s.AddSLOCounts(ctx, "other", after(0), after(15), []slo.Count{events(0, 7, 0)}))
		same(t, after(75))(s.SLOCountedUntil(ctx, "chat"))
		same(t, []slo.Tally{minuteOf(0, 15, 9, 0, 1), minuteOf(60, 1, 0, 1, 0)})(s.SLOTallies(ctx, "chat", noon.Add(-time.Hour)))
		same(t, []slo.Tally{minuteOf(60, 1, 0, 1, 0)})(s.SLOTallies(ctx, "chat", after(60)))
		same(t, []slo.Tally{})(s.SLOTallies(ctx, "none", noon.Add(-time.Hour)))
	})
}

func TestSLOCounts_LongPast_AreHoursThatKnowTheirMinutes(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		c := newClock()
		s, ctx := open(t, url, store.WithClock(c.Now)), context.Background()
		require.NoError(t, s.AddSLOCounts(ctx, "chat", after(0), after(600), []slo.Count{events(0, 20, 0), events(60, 0, 20), events(540, 20, 0)}))
		require.NoError(t, s.AddSLOCounts(ctx, "chat", after(600), after(660), []slo.Count{events(540, 0, 20)}), "the minute is broken after all")
		c.advance(48 * time.Hour)
		same(t, []slo.Tally{hourOf(0, 40, 40, 1, 2)})(s.SLOTallies(ctx, "chat", after(1800)))
		require.NoError(t, s.AddSLOCounts(ctx, "chat", after(172800), after(172860), []slo.Count{events(172800, 3, 0)}))
		same(t, []slo.Tally{hourOf(0, 40, 40, 1, 2), minuteOf(172800, 3, 0, 1, 0)})(s.SLOTallies(ctx, "chat", noon.Add(-time.Hour)))
	})
}

func TestSLOCounts_ArePrunedByTheirResolution(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		c := newClock()
		s, ctx := open(t, url, store.WithClock(c.Now)), context.Background()
		require.NoError(t, s.AddSLOCounts(ctx, "chat", after(0), after(60), []slo.Count{events(0, 20, 0)}))
		c.advance(30 * time.Hour)
		short := store.Keep{Records: time.Hour, Raw: time.Hour, Minutes: time.Hour, Hours: 40 * time.Hour}
		pruned, err := s.Prune(ctx, short)
		require.NoError(t, err)
		require.Equal(t, int64(1), pruned.SLOCounts, "the minute, which nothing reads any more")
		same(t, []slo.Tally{hourOf(0, 20, 0, 1, 0)})(s.SLOTallies(ctx, "chat", noon))
		c.advance(20 * time.Hour)
		pruned, err = s.Prune(ctx, short)
		require.NoError(t, err)
		require.Equal(t, int64(1), pruned.SLOCounts)
		same(t, []slo.Tally{})(s.SLOTallies(ctx, "chat", noon))
	})
}

func TestSLOCounts_TwoWatchers_CountEachStretchOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url, store.WithClock(newClock().Now)), context.Background()
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				for i := 0.0; i < 20; i++ {
					for {
						if s.AddSLOCounts(ctx, "chat", after(i), after(i+1), []slo.Count{events(0, 1, 0)}) == nil {
							break
						}
					}
				}
			})
		}
		all.Wait()
		same(t, []slo.Tally{minuteOf(0, 20, 0, 1, 0)})(s.SLOTallies(ctx, "chat", noon))
		same(t, after(20))(s.SLOCountedUntil(ctx, "chat"))
	})
}
