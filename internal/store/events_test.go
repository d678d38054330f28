package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

func event(run, key string, seconds float64) serving.EventRecord {
	return serving.EventRecord{RunID: run, Key: key, Fleet: "chat", At: after(seconds), Type: "phase", Message: key}
}

func TestAppendEvent_NumbersEachRunFromOneAndSkipsRepeats(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for _, e := range []serving.EventRecord{event("r", "a", 0), event("other", "a", 0), event("r", "b", 1), event("r", "a", 5), event("r", "c", 0.5)} {
			require.NoError(t, s.AppendEvent(ctx, e))
		}
		require.Equal(t, []string{"1a", "2b", "3c"}, story(t, s, "r", 0, 0))
		require.Equal(t, []string{"1a"}, story(t, s, "other", 0, 0))
		require.Equal(t, []string{"2b"}, story(t, s, "r", 1, 1))
		require.Equal(t, []string{}, story(t, s, "r", 3, 0))
	})
}

func story(t *testing.T, s *store.Store, run string, after int64, limit int) []string {
	t.Helper()
	events, err := s.Events(context.Background(), run, after, limit)
	require.NoError(t, err)
	return idsOf(events, func(e serving.EventRecord) string { return fmt.Sprint(e.Seq, e.Key) })
}

// A reader that follows a run must see each event although writers commit in
// any order: this is what a global sequence would break on Postgres.
func TestEvents_FollowedWhileManyWrite_MissesNone(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		const writers, each = 8, 10
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					if err := s.AppendEvent(ctx, event("r", fmt.Sprintf("%d-%d", w, i), 0)); err != nil {
						t.Errorf("append: %v", err)
					}
				}
			})
		}
		written := make(chan struct{})
		go func() { writing.Wait(); close(written) }()

		seen, last, closing := 0, int64(0), false
		for {
			select {
			case <-written:
				closing = true
			default:
			}
			events, err := s.Events(ctx, "r", last, 0)
			require.NoError(t, err)
			for _, e := range events {
				require.Equal(t, last+1, e.Seq, "numbers have no gaps")
				last = e.Seq
				seen++
			}
			if closing && len(events) == 0 {
				break
			}
		}
		require.Equal(t, writers*each, seen)
	})
}

func TestPrune_RemovesWhatIsOldAndKeepsTheLastWordOfEachRun(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		s, ctx := open(t, url, store.WithClock(clock.Now)), context.Background()
		for i := range 4 {
			require.NoError(t, s.AppendEvent(ctx, event("r", fmt.Sprint(i), float64(i))))
			_, err := s.BeginIdempotent(ctx, "ann", fmt.Sprint(i), "h", time.Minute)
			require.NoError(t, err)
			clock.advance(time.Second)
		}
		require.NoError(t, s.SaveRun(ctx, serving.RunRecord{ID: "r", Fleet: "chat", StartedAt: noon}))

		pruned, err := s.Prune(ctx, keeping(2*time.Second))
		require.NoError(t, err)
		require.Equal(t, store.Pruned{Events: 2, IdempotencyKeys: 2}, pruned)
		require.Equal(t, []string{"32", "43"}, story(t, s, "r", 0, 0))

		clock.advance(time.Hour)
		pruned, err = s.Prune(ctx, keeping(2*time.Second))
		require.NoError(t, err)
		require.Equal(t, store.Pruned{Events: 1, IdempotencyKeys: 2}, pruned)
		require.NoError(t, s.AppendEvent(ctx, event("r", "new", 200)))
		require.Equal(t, []string{"43", "5new"}, story(t, s, "r", 0, 0), "numbering goes on")
		_, err = s.Run(ctx, "r")
		require.NoError(t, err)
	})
}

// keeping keeps records for a time and measurements as they are by default.
func keeping(records time.Duration) store.Keep {
	return store.Keep{Records: records, Raw: 48 * time.Hour, Minutes: 336 * time.Hour, Hours: 9600 * time.Hour}
}
