package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

// seen is a snapshot of a 5 s window that ended some minutes after noon, with
// requests that took a tenth of a second.
func seen(minutes float64, requests float64) serving.SnapshotRecord {
	h := &serving.Histogram{Bounds: []float64{.125, 1}, Counts: []float64{requests, requests}, Count: requests, Sum: requests / 16}
	return serving.SnapshotRecord{Fleet: "chat", Variant: serving.Stable, TakenAt: after(60 * minutes), Snapshot: serving.Snapshot{
		WindowSeconds: 5, TTFT: h, E2E: h, Running: serving.Known(requests), FinishedByReason: map[string]float64{"stop": requests}}}
}

func save(t *testing.T, s *store.Store, list ...serving.SnapshotRecord) {
	t.Helper()
	for _, r := range list {
		_, err := s.AddSnapshot(context.Background(), r)
		require.NoError(t, err)
	}
}

// counted lists the requests by stretch of a resolution, as "minute:requests".
func counted(t *testing.T, s *store.Store, res series.Resolution) []string {
	t.Helper()
	rollups, err := s.Rollups(context.Background(), "chat", serving.Stable, res, time.Time{}, time.Time{}, 1000)
	require.NoError(t, err)
	out := []string{}
	for _, r := range rollups {
		out = append(out, fmt.Sprintf("%g:%g", r.At.Sub(noon).Minutes(), r.Requests.Amount))
		require.Equal(t, r.Requests.Amount, r.TTFT.Count, "buckets are merged with the counts")
	}
	return out
}

func rollUp(t *testing.T, s *store.Store, minutes, hours int) {
	t.Helper()
	got, err := s.RollUp(context.Background())
	require.NoError(t, err)
	require.Equal(t, store.RolledUp{Minutes: minutes, Hours: hours}, got)
}

func TestRollUp_MinutesAndHoursThatEnded_CountEverySnapshotOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		s := open(t, url, store.WithClock(clock.Now))
		save(t, s, seen(0.1, 1), seen(0.9, 2), seen(1, 4), seen(59.9, 8), seen(60, 16))
		rollUp(t, s, 0, 0)
		clock.advance(time.Minute)
		rollUp(t, s, 1, 0)
		require.Equal(t, []string{"0:3"}, counted(t, s, series.Minute), "the present minute is not there yet")
		clock.advance(time.Hour)
		rollUp(t, s, 3, 1)
		require.Equal(t, []string{"0:3", "1:4", "59:8", "60:16"}, counted(t, s, series.Minute))
		require.Equal(t, []string{"0:15"}, counted(t, s, series.Hour))
		rollUp(t, s, 0, 0)
		require.Equal(t, []string{"0.1:1", "0.9:2", "1:4", "59.9:8", "60:16"}, counted(t, s, series.Raw))
	})
}

func TestRollUp_LateRepeatedOrChangedSnapshot_IsCountedOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		s := open(t, url, store.WithClock(clock.Now))
		clock.advance(2 * time.Hour)
		save(t, s, seen(1, 1), seen(2, 2))
		rollUp(t, s, 2, 1)
		save(t, s, seen(1.5, 4))
		rollUp(t, s, 1, 1)
		require.Equal(t, []string{"1:5", "2:2"}, counted(t, s, series.Minute))
		require.Equal(t, []string{"0:7"}, counted(t, s, series.Hour))
		save(t, s, seen(1.5, 4), seen(2, 32))
		rollUp(t, s, 2, 1)
		require.Equal(t, []string{"1:5", "2:32"}, counted(t, s, series.Minute), "the same again, and one that was measured anew")
		require.Equal(t, []string{"0:37"}, counted(t, s, series.Hour))
	})
}

func TestRollUp_VariantsAndFleets_AreKeptApart(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		s := open(t, url, store.WithClock(clock.Now))
		clock.advance(time.Hour)
		canary, other := seen(1, 100), seen(1, 1000)
		canary.Variant, other.Fleet = serving.Canary, "other"
		save(t, s, seen(1, 1), canary, other)
		rollUp(t, s, 3, 3)
		require.Equal(t, []string{"1:1"}, counted(t, s, series.Minute))
	})
}

func TestPrune_Measurements_GoOnlyWhenTheyAreCounted(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		s, ctx := open(t, url, store.WithClock(clock.Now)), context.Background()
		keep := store.Keep{Records: time.Hour, Raw: time.Hour, Minutes: 3 * time.Hour, Hours: 10 * time.Hour}
		save(t, s, seen(1, 1), seen(2, 2))
		clock.advance(90 * time.Minute)

		pruned, err := s.Prune(ctx, keep)
		require.NoError(t, err)
		require.Zero(t, pruned.Snapshots, "no roll-up counts them yet")
		rollUp(t, s, 2, 1)
		pruned, err = s.Prune(ctx, keep)
		require.NoError(t, err)
		require.Equal(t, store.Pruned{Snapshots: 2}, pruned)
		since, err := s.KeptSince(ctx, series.Raw)
		require.NoError(t, err)
		require.Equal(t, after(30*60), since)
		require.Equal(t, []string{"1:1", "2:2"}, counted(t, s, series.Minute))

		clock.advance(3 * time.Hour)
		pruned, err = s.Prune(ctx, keep)
		require.NoError(t, err)
		require.Equal(t, store.Pruned{Minutes: 2}, pruned)
		require.Equal(t, []string{"0:3"}, counted(t, s, series.Hour))
		clock.advance(7 * time.Hour)
		pruned, err = s.Prune(ctx, keep)
		require.NoError(t, err)
		require.Equal(t, store.Pruned{Hours: 1}, pruned)
	})
}

// The parts of a stretch may be gone when a snapshot comes very late: it is added
// to what is there, in the finest resolution that is still kept.
func TestRollUp_SnapshotLaterThanItsPartsAreKept_IsAdded(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		s, ctx := open(t, url, store.WithClock(clock.Now)), context.Background()
		keep := store.Keep{Records: time.Hour, Raw: time.Hour, Minutes: 3 * time.Hour, Hours: 10 * time.Hour}
		maintain := func() {
			_, err := s.RollUp(ctx)
			require.NoError(t, err)
			_, err = s.Prune(ctx, keep)
			require.NoError(t, err)
		}
		save(t, s, seen(1, 1), seen(2, 2))
		clock.advance(2 * time.Hour)
		maintain()
		require.Empty(t, counted(t, s, series.Raw))

		save(t, s, seen(1.5, 4), seen(30, 8))
		maintain()
		require.Equal(t, []string{"1:5", "2:2", "30:8"}, counted(t, s, series.Minute))
		require.Equal(t, []string{"0:15"}, counted(t, s, series.Hour))
		require.Empty(t, counted(t, s, series.Raw), "it was too old when it came")

		clock.advance(3 * time.Hour)
		maintain()
		save(t, s, seen(3, 16))
		maintain()
		require.Empty(t, counted(t, s, series.Minute))
		require.Equal(t, []string{"0:31"}, counted(t, s, series.Hour))

		clock.advance(10 * time.Hour)
		maintain()
		save(t, s, seen(4, 32))
		maintain()
		require.Empty(t, counted(t, s, series.Hour), "nothing is kept that old")
		require.Empty(t, counted(t, s, series.Raw))
	})
}

func TestRollUp_SeveralProcessesWhileSnapshotsCome_CountEachOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		clock.advance(5 * time.Hour)
		const processes, each = 3, 20
		var working sync.WaitGroup
		for p := range processes {
			s := open(t, url, store.WithClock(clock.Now))
			working.Go(func() {
				for i := range each {
					if _, err := s.AddSnapshot(context.Background(), seen(float64(i%4)+float64(p*each+i)/1000, 1)); err != nil {
						t.Errorf("save: %v", err)
					}
					if i%5 != 4 {
						continue
					}
					if _, err := s.RollUp(context.Background()); err != nil {
						t.Errorf("roll up: %v", err)
					}
				}
			})
		}
		working.Wait()
		s := open(t, url, store.WithClock(clock.Now))
		_, err := s.RollUp(context.Background())
		require.NoError(t, err)
		require.Equal(t, []string{"0:15", "1:15", "2:15", "3:15"}, counted(t, s, series.Minute))
		require.Equal(t, []string{"0:60"}, counted(t, s, series.Hour))
	})
}

func TestRollups_SpanAndLimit_NarrowFromTheEarliest(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		s, ctx := open(t, url, store.WithClock(clock.Now)), context.Background()
		clock.advance(time.Hour)
		save(t, s, seen(1, 1), seen(2, 2), seen(3, 4), seen(4, 8))
		rollUp(t, s, 4, 1)
		for _, res := range []series.Resolution{series.Raw, series.Minute} {
			got, err := s.Rollups(ctx, "chat", serving.Stable, res, after(120), after(240), 2)
			require.NoError(t, err)
			require.Len(t, got, 2, res)
			require.Equal(t, after(120), got[0].At)
			require.Equal(t, after(180), got[1].At)
			none, err := s.Rollups(ctx, "chat", serving.Canary, res, time.Time{}, time.Time{}, 10)
			require.NoError(t, err)
			require.Empty(t, none)
		}
	})
}

func TestRollUp_KeepsEverythingOfARollup(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		s := open(t, url, store.WithClock(clock.Now))
		record := filled[serving.SnapshotRecord](1)
		record.ID, record.Fleet, record.Variant, record.TakenAt = 0, "chat", serving.Stable, after(30)
		save(t, s, record)
		clock.advance(time.Minute)
		rollUp(t, s, 1, 0)
		got, err := s.Rollups(context.Background(), "chat", serving.Stable, series.Minute, time.Time{}, time.Time{}, 10)
		require.NoError(t, err)
		require.Equal(t, []series.Rollup{series.Merge(noon, series.Of(record))}, got)
	})
}

func TestPrune_KeepingTimesThatContradict_AreRefused(t *testing.T) {
	t.Parallel()
	s := open(t, sqliteURL(t))
	for _, keep := range []store.Keep{
		{}, {Records: time.Hour, Raw: 2 * time.Hour, Minutes: time.Hour, Hours: 3 * time.Hour},
		{Records: time.Hour, Raw: time.Hour, Minutes: 3 * time.Hour, Hours: 2 * time.Hour},
	} {
		_, err := s.Prune(context.Background(), keep)
		require.ErrorIs(t, err, store.ErrInvalid)
	}
}

func TestMaintain_RollsUpAndPrunesAtOnceByItsClockAndEndsWithItsContext(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		s := open(t, url, store.WithClock(clock.Now))
		ctx, cancel := context.WithCancel(context.Background())
		save(t, s, seen(1, 1), seen(2, 2), seen(119.5, 4))
		clock.advance(2 * time.Hour)
		var reports []store.Maintained
		keep := store.Keep{Records: time.Hour, Raw: time.Hour, Minutes: 2 * time.Hour, Hours: 2 * time.Hour}
		s.Maintain(ctx, keep, func(m store.Maintained, err error) {
			require.NoError(t, err)
			reports = append(reports, m)
			cancel()
		})
		require.Equal(t, []store.Maintained{{RolledUp: store.RolledUp{Minutes: 3, Hours: 2}, Pruned: store.Pruned{Snapshots: 2}}}, reports)
		require.Equal(t, []string{"119.5:4"}, counted(t, s, series.Raw))
	})
}
