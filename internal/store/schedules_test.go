package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

func nightly(id, name string) serving.Schedule {
	pausedAt := after(7)
	return serving.Schedule{ID: id, Fleet: "chat", Name: name, Timing: serving.Timing{Cron: "0 3 * * *", TimeZone: "Europe/Berlin",
		JitterSeconds: 60, StartAt: &pausedAt, EndAt: &pausedAt, CatchUpSeconds: 600}, Run: json.RawMessage(`{"max_trials": 6}`),
		Paused: true, PauseReason: "launch", PausedBy: "ann", PausedAt: &pausedAt, CreatedBy: "ann"}
}

// scheduled is a store with fleet chat and a clock.
func scheduled(t *testing.T, url string) (*store.Store, *clock) {
	t.Helper()
	c := newClock()
	s := open(t, url, store.WithClock(c.Now))
	_, err := s.CreateFleet(t.Context(), chat())
	require.NoError(t, err)
	return s, c
}

func TestSchedule_ComesBackWhole(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, _ := scheduled(t, url)
		created, err := s.CreateSchedule(t.Context(), nightly("a", "nightly"))
		require.NoError(t, err)
		want := nightly("a", "nightly")
		want.Generation, want.CreatedAt, want.UpdatedAt = 1, noon, noon
		requireSchedule(t, want, created)
		got, err := s.Schedule(t.Context(), "a")
		require.NoError(t, err)
		requireSchedule(t, want, got)
		_, err = s.Schedule(t.Context(), "b")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.Equal(t, "schedule:a", got.Actor())
	})
}

// requireSchedule compares documents: Postgres writes JSON in its own way.
func requireSchedule(t *testing.T, want, got serving.Schedule) {
	t.Helper()
	a, err := json.Marshal(want)
	require.NoError(t, err)
	b, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, string(a), string(b))
}

func TestCreateSchedule_WhatCannotBe_IsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, _ := scheduled(t, url)
		create := func(id, fleet, name string) error {
			c := nightly(id, name)
			c.Fleet = fleet
			_, err := s.CreateSchedule(t.Context(), c)
			return err
		}
		require.NoError(t, create("a", "chat", "nightly"))
		require.ErrorIs(t, create("b", "chat", "nightly"), store.ErrExists, "the name is taken")
		require.ErrorIs(t, create("a", "chat", "weekly"), store.ErrExists, "the ID is taken")
		require.ErrorIs(t, create("b", "none", "nightly"), store.ErrNotFound, "no such fleet")
		require.ErrorIs(t, create("", "chat", "x"), store.ErrInvalid)
		require.ErrorIs(t, create("b", "chat", ""), store.ErrInvalid)
		for i := range 19 {
			require.NoError(t, create(fmt.Sprint("n", i), "chat", fmt.Sprint("name-", i)))
		}
		err := create("b", "chat", "one too many")
		require.ErrorIs(t, err, store.ErrConflict)
		require.ErrorContains(t, err, "has 20 schedules")
	})
}

// Writers of one name at the same moment leave one schedule.
func TestCreateSchedule_ByMany_KeepsOne(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, _ := scheduled(t, url)
		var done sync.WaitGroup
		failures := make(chan error, 8)
		for i := range 8 {
			done.Go(func() {
				_, err := s.CreateSchedule(context.WithoutCancel(t.Context()), nightly(fmt.Sprint(i), "nightly"))
				failures <- err
			})
		}
		done.Wait()
		close(failures)
		created := 0
		for err := range failures {
			if err == nil {
				created++
				continue
			}
			require.ErrorIs(t, err, store.ErrExists)
		}
		require.Equal(t, 1, created)
	})
}

func TestUpdateSchedule_OnlyTheGenerationThatWasReadIsReplaced(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, c := scheduled(t, url)
		_, err := s.CreateSchedule(t.Context(), nightly("a", "nightly"))
		require.NoError(t, err)
		c.advance(time.Minute)
		change := serving.Schedule{ID: "a", Fleet: "other", Name: "weekly", Timing: serving.Timing{Cron: "@weekly"}, CreatedBy: "eve"}
		got, err := s.UpdateSchedule(t.Context(), change, 1)
		require.NoError(t, err)
		require.Equal(t, serving.Schedule{ID: "a", Fleet: "chat", Name: "weekly", Generation: 2, Timing: serving.Timing{Cron: "@weekly"},
			CreatedBy: "ann", CreatedAt: noon, UpdatedAt: after(60)}, got, "who made it and of which fleet it is stay")
		_, err = s.UpdateSchedule(t.Context(), change, 1)
		require.ErrorIs(t, err, store.ErrStale)
		got, err = s.UpdateSchedule(t.Context(), change, 0)
		require.NoError(t, err)
		require.Equal(t, int64(3), got.Generation)
		_, err = s.CreateSchedule(t.Context(), nightly("b", "nightly"))
		require.NoError(t, err)
		change.Name = "nightly"
		_, err = s.UpdateSchedule(t.Context(), change, 0)
		require.ErrorIs(t, err, store.ErrExists, "the name is taken")
		change.ID = "none"
		_, err = s.UpdateSchedule(t.Context(), change, 0)
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestDeleteSchedule_TakesItsOccurrencesAlong(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, _ := scheduled(t, url)
		for _, id := range []string{"a", "b"} {
			_, err := s.CreateSchedule(t.Context(), nightly(id, id))
			require.NoError(t, err)
			require.NoError(t, s.SaveOccurrence(t.Context(), serving.Occurrence{Key: "of " + id, ScheduleID: id, Fleet: "chat", At: noon}))
		}
		require.ErrorIs(t, s.DeleteSchedule(t.Context(), "a", 9), store.ErrStale)
		require.NoError(t, s.DeleteSchedule(t.Context(), "a", 1))
		require.ErrorIs(t, s.DeleteSchedule(t.Context(), "a", 0), store.ErrNotFound)
		same(t, []serving.Occurrence{})(s.Occurrences(t.Context(), "a", 10))
		left, err := s.Occurrences(t.Context(), "b", 10)
		require.NoError(t, err)
		require.Len(t, left, 1)
	})
}

func TestDeleteFleet_TakesItsSchedulesAlong(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, _ := scheduled(t, url)
		other := chat()
		other.Name = "other"
		_, err := s.CreateFleet(t.Context(), other)
		require.NoError(t, err)
		for _, fleet := range []string{"chat", "other"} {
			c := nightly("of "+fleet, "nightly")
			c.Fleet = fleet
			_, err := s.CreateSchedule(t.Context(), c)
			require.NoError(t, err)
			require.NoError(t, s.SaveOccurrence(t.Context(), serving.Occurrence{Key: fleet, ScheduleID: c.ID, Fleet: fleet, At: noon}))
		}
		require.ErrorIs(t, s.DeleteFleet(t.Context(), "chat", 9), store.ErrStale)
		_, err = s.Schedule(t.Context(), "of chat")
		require.NoError(t, err, "a fleet that stays keeps its own")
		require.NoError(t, s.DeleteFleet(t.Context(), "chat", 1))
		_, err = s.Schedule(t.Context(), "of chat")
		require.ErrorIs(t, err, store.ErrNotFound)
		same(t, []serving.Occurrence{})(s.Occurrences(t.Context(), "of chat", 10))
		_, err = s.Schedule(t.Context(), "of other")
		require.NoError(t, err)
	})
}

func TestOccurrences_TheLatestFirst_OnceEach_UntilTheyArePruned(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, c := scheduled(t, url)
		one := filled[serving.Occurrence](1)
		one.ScheduleID, one.At = "a", noon
		two := serving.Occurrence{Key: "two", ScheduleID: "a", Fleet: "chat", DueAt: after(60), At: after(61), State: serving.OccurrenceSkipped, Reason: "busy"}
		for range 2 {
			require.NoError(t, s.SaveOccurrence(t.Context(), one))
			require.NoError(t, s.SaveOccurrence(t.Context(), two))
		}
		same(t, []serving.Occurrence{two, one})(s.Occurrences(t.Context(), "a", 10))
		same(t, []serving.Occurrence{two})(s.Occurrences(t.Context(), "a", 1))
		require.ErrorIs(t, s.SaveOccurrence(t.Context(), serving.Occurrence{Key: "x", Fleet: "chat"}), store.ErrInvalid)
		c.advance(time.Hour + 30*time.Second)
		pruned, err := s.Prune(t.Context(), keeping(time.Hour))
		require.NoError(t, err)
		require.Equal(t, int64(1), pruned.Occurrences)
		same(t, []serving.Occurrence{two})(s.Occurrences(t.Context(), "a", 10))
	})
}
