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

// An API server and a worker share the database: half of the writers go through
// a second Store, as a second process would.
func TestStore_SixteenWritersThroughTwoStores_LoseNothing(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		stores := []*store.Store{open(t, url), open(t, url)}
		ctx := context.Background()
		_, err := stores[0].CreateFleet(ctx, chat())
		require.NoError(t, err)

		const writers, each = 16, 5
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					if err := readModifyWrite(ctx, stores[(w+i)%2], w, i); err != nil {
						t.Errorf("writer %d: %v", w, err)
					}
				}
			})
		}
		writing.Wait()

		f, err := stores[1].Fleet(ctx, "chat")
		require.NoError(t, err)
		require.Equal(t, int64(1+writers*each), f.Generation, "each update is on top of another")
		require.Equal(t, 2+writers*each, f.Replicas)
		runs, _, err := stores[0].Runs(ctx, store.RunFilter{}, store.Page{Limit: 500})
		require.NoError(t, err)
		require.Len(t, runs, writers*each)
	})
}

// readModifyWrite adds a replica, again and again until its generation holds.
func readModifyWrite(ctx context.Context, s *store.Store, w, i int) error {
	id := fmt.Sprintf("%d-%d", w, i)
	if err := s.SaveRun(ctx, serving.RunRecord{ID: id, Fleet: "chat", StartedAt: noon, UpdatedAt: noon}); err != nil {
		return err
	}
	for {
		f, err := s.Fleet(ctx, "chat")
		if err != nil {
			return err
		}
		f.Replicas++
		switch _, err := s.UpdateFleet(ctx, f, f.Generation); {
		case err == nil:
			return nil
		case !isStale(err):
			return err
		}
	}
}

func TestSaveRun_RacingUpdates_TheNewestWins(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		const updates = 40
		var writing sync.WaitGroup
		for i := range updates {
			writing.Go(func() {
				run := serving.RunRecord{ID: "r", Fleet: "chat", Phase: fmt.Sprint(i), StartedAt: noon, UpdatedAt: after(float64(i))}
				if err := s.SaveRun(ctx, run); err != nil {
					t.Errorf("save: %v", err)
				}
			})
		}
		writing.Wait()
		run, err := s.Run(ctx, "r")
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(updates-1), run.Phase)
	})
}

func TestSaveViolation_RacingSightings_KeepOneBegin(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		var writing sync.WaitGroup
		for i := range 20 {
			writing.Go(func() {
				if err := s.SaveViolation(ctx, sighting(float64(i), float64(i), float64(i))); err != nil {
					t.Errorf("save: %v", err)
				}
			})
		}
		writing.Wait()
		v, err := s.Violation(ctx, "fp")
		require.NoError(t, err)
		require.Equal(t, after(19), v.LastSeenAt)
		require.False(t, v.OpenedAt.After(v.LastSeenAt))
		require.Equal(t, 19.0, v.Violation.Observed)
	})
}

func TestStore_TimesOfAnyZone_AreTheSameInstants(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		zones := []*time.Location{time.UTC, time.FixedZone("", 5*3600+1800), time.FixedZone("", -8*3600), time.Local}
		for i := range 40 {
			_, err := s.AddSnapshot(ctx, serving.SnapshotRecord{Fleet: "chat", Variant: serving.Stable,
				TakenAt: after(float64(i) * 900).In(zones[i%4]), Snapshot: serving.Snapshot{Model: fmt.Sprint(i)}})
			require.NoError(t, err)
		}
		for _, zone := range zones {
			list, _, err := s.Snapshots(ctx, store.SnapshotFilter{From: after(900).In(zone), To: after(38 * 900).In(zone)}, store.Page{})
			require.NoError(t, err)
			require.Len(t, list, 38, "%v", zone)
			require.Equal(t, "38", list[0].Snapshot.Model, "newest first")
			require.Equal(t, time.UTC, list[0].TakenAt.Location())
		}
		run := serving.RunRecord{ID: "r", Fleet: "chat", StartedAt: noon.In(zones[1]), UpdatedAt: noon.In(zones[2]), ClosedAt: ptr(noon.In(zones[1]))}
		require.NoError(t, s.SaveRun(ctx, run))
		same(t, serving.RunRecord{ID: "r", Fleet: "chat", StartedAt: noon, UpdatedAt: noon, ClosedAt: ptr(noon)})(s.Run(ctx, "r"))
	})
}
