package api_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

const schedulesPath = "/api/v1/fleets/chat/schedules"

func scheduleBody(edits ...func(map[string]any)) map[string]any {
	b := map[string]any{"name": "nightly", "cron": "0 3 * * *", "time_zone": "Europe/Berlin", "run": map[string]any{"max_trials": 6}}
	for _, e := range edits {
		e(b)
	}
	return b
}

func with(name string, value any) func(map[string]any) {
	return func(b map[string]any) { b[name] = value }
}

// nightly is a schedule of fleet chat that is there already.
func nightly(id string) serving.Schedule {
	return serving.Schedule{ID: id, Fleet: "chat", Name: "nightly", Generation: 1, Timing: serving.Timing{Cron: "@daily"}}
}

// scheduled is a harness with a fleet and its schedule.
func scheduled(t *testing.T) (*harness, api.ScheduleView, string) {
	t.Helper()
	h := newHarness(t).withFleet()
	r := h.do(http.MethodPost, schedulesPath, scheduleBody(), "X-Actor", "ana")
	require.Equal(t, http.StatusCreated, r.Code, r.Body.String())
	var view api.ScheduleView
	r.into(&view)
	require.Equal(t, "/api/v1/schedules/"+view.ID, r.Header().Get("Location"))
	require.Equal(t, `"1"`, r.Header().Get("ETag"))
	return h, view, r.Header().Get("Location")
}

// requireInLine asserts that every clock is set by the record of its schedule, and
// that neither is without the other.
func (h *harness) requireInLine() {
	h.t.Helper()
	h.store.mu.Lock()
	defer h.store.mu.Unlock()
	h.clocks.mu.Lock()
	defer h.clocks.mu.Unlock()
	require.Len(h.t, h.clocks.set, len(h.store.schedules))
	for id, c := range h.store.schedules {
		require.Equal(h.t, c.Generation, h.clocks.set[id].Generation)
		require.Equal(h.t, c.Timing, h.clocks.set[id].Timing)
		require.Equal(h.t, c.Paused, h.clocks.set[id].Paused)
	}
}

func TestCreateSchedule_AnswersWhatComes(t *testing.T) {
	t.Parallel()
	h, view, path := scheduled(t)
	require.Equal(t, "nightly", view.Name)
	require.Equal(t, "skip", view.Overlap)
	require.Equal(t, "ana", view.CreatedBy)
	require.Equal(t, 600, view.CatchUpSeconds)
	require.Equal(t, 6, view.Run.MaxTrials)
	require.Len(t, view.NextTimes, 5)
	require.Empty(t, view.Last)
	require.Equal(t, []string{"fleet.create chat", "schedule.create " + view.ID}, h.store.actions())
	h.requireInLine()
	var again api.ScheduleView
	h.do(http.MethodGet, path, nil).into(&again)
	require.Equal(t, view, again)
	var list api.Page[api.ScheduleView]
	h.do(http.MethodGet, schedulesPath, nil).into(&list)
	require.Equal(t, []api.ScheduleView{view}, list.Items)
}

func TestCreateSchedule_BadInput_NamesTheFieldAndTheFix(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	for _, c := range []struct {
		edit              func(map[string]any)
		field, message, f string
	}{
		{with("cron", "0 25 * * *"), "body.cron", `hour has "25"`, "0..23"},
		{with("cron", "rubbish"), "body.cron", "has 1 fields", "minute hour"},
		{with("cron", ""), "body.cron", "neither cron nor interval_seconds", "every night"},
		{with("interval_seconds", 3600), "body.cron", "beside interval_seconds", "one of them"},
		{with("time_zone", "Mars/Olympus"), "body.time_zone", "not a time zone", "Europe/Berlin"},
		{with("time_zone", "Local"), "body.time_zone", "not a time zone", "Europe/Berlin"},
		{with("time_zone", "../../etc/passwd"), "body.time_zone", "not a time zone", "Europe/Berlin"},
		{with("jitter_seconds", -1), "body.jitter_seconds", "out of bounds", "0..86400"},
		{with("end_at", "2001-01-01T00:00:00Z"), "body.end_at", "has passed", "later time"},
		{with("name", "Not A Name"), "body.name", "lower-case letters", ""},
		{with("overlap", "buffer"), "body.overlap", "skip", ""},
		{with("run", map[string]any{"max_trials": 1}), "body.run.max_trials", "4..100", ""},
		{with("run", map[string]any{"override_reason": "always"}), "body.run.override_reason", "cannot know", "by hand"},
		{with("run", map[string]any{"candidates": []any{map[string]any{"engine": "tgi"}}}), "body.run.candidates[0].engine", "not the fleet's engine", "vllm"},
		{with("run", map[string]any{"candidates": []any{map[string]any{"engine": "vllm", "model": "m",
			"flags": []any{map[string]any{"name": "--api-key", "value": "hunter2"}}}}}), "config.flags.--api-key", "is a secret", "VLLM_API_KEY"},
	} {
		r := h.do(http.MethodPost, schedulesPath, scheduleBody(c.edit))
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, r.Body.String())
		p := r.problem()
		require.Equal(t, c.field, p.Errors[0].Field, p.Detail)
		require.Contains(t, p.Errors[0].Message, c.message)
		require.Contains(t, p.Errors[0].Fix, c.f)
		require.NotContains(t, r.Body.String(), "hunter2")
	}
	require.Equal(t, http.StatusNotFound, h.do(http.MethodPost, "/api/v1/fleets/none/schedules", scheduleBody()).Code)
	h.requireInLine()
}

func TestUpdateSchedule_PausesAndResumes_ByIfMatch(t *testing.T) {
	t.Parallel()
	h, _, path := scheduled(t)
	r := h.do(http.MethodPut, path, scheduleBody(with("paused", true), with("pause_reason", "launch")), "If-Match", `"1"`, "X-Actor", "bob")
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.Equal(t, `"2"`, r.Header().Get("ETag"))
	var view api.ScheduleView
	r.into(&view)
	require.True(t, view.Paused)
	require.Equal(t, []string{"launch", "bob", "ana"}, []string{view.PauseReason, view.PausedBy, view.CreatedBy})
	require.Empty(t, view.NextTimes)
	h.requireInLine()
	r = h.do(http.MethodPut, path, scheduleBody(with("paused", true), with("cron", "@daily")), "X-Actor", "eve")
	r.into(&view)
	require.Equal(t, "bob", view.PausedBy, "it was paused already")
	r = h.do(http.MethodPut, path, scheduleBody(), "If-Match", `"2"`)
	require.Equal(t, http.StatusPreconditionFailed, r.Code)
	require.Contains(t, r.problem().Detail, `the schedule is at generation "3"`)
	r = h.do(http.MethodPut, path, scheduleBody(), "If-Match", `"3"`)
	view = api.ScheduleView{}
	r.into(&view)
	require.False(t, view.Paused)
	require.Empty(t, view.PausedBy)
	require.Len(t, view.NextTimes, 5)
	h.requireInLine()
}

func TestDeleteSchedule_TakesClockAndRecord(t *testing.T) {
	t.Parallel()
	h, view, path := scheduled(t)
	require.Equal(t, http.StatusPreconditionFailed, h.do(http.MethodDelete, path, nil, "If-Match", `"9"`).Code)
	h.requireInLine()
	require.Equal(t, http.StatusNoContent, h.do(http.MethodDelete, path, nil, "If-Match", `"1"`).Code)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, path, nil).Code)
	require.Empty(t, h.clocks.set)
	require.Contains(t, h.store.actions(), "schedule.delete "+view.ID)
}

func TestDeleteFleet_StopsTheClocksOfItsSchedules(t *testing.T) {
	t.Parallel()
	h, _, _ := scheduled(t)
	h.clocks.err = api.ErrUnavailable
	require.Equal(t, http.StatusServiceUnavailable, h.do(http.MethodDelete, "/api/v1/fleets/chat", nil).Code)
	require.Len(t, h.store.fleets, 1, "nothing was lost")
	h.clocks.err = nil
	h.requireInLine()
	require.Equal(t, http.StatusNoContent, h.do(http.MethodDelete, "/api/v1/fleets/chat", nil).Code)
	h.store.schedules = nil // the store's own doing
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, schedulesPath, nil).Code)
}

// Without Temporal nothing can be changed and everything can be read.
func TestSchedules_WithoutTemporal_AreReadAndNotChanged(t *testing.T) {
	t.Parallel()
	h, view, path := scheduled(t)
	h.clocks.err = api.ErrUnavailable
	for _, r := range []reply{
		h.do(http.MethodPost, schedulesPath, scheduleBody(with("name", "other"))),
		h.do(http.MethodPut, path, scheduleBody(with("cron", "@daily"))),
		h.do(http.MethodDelete, path, nil),
	} {
		require.Equal(t, http.StatusServiceUnavailable, r.Code, r.Body.String())
		require.NotEmpty(t, r.Header().Get("Retry-After"))
	}
	var got api.ScheduleView
	h.do(http.MethodGet, path, nil).into(&got)
	require.True(t, got.Partial)
	require.Empty(t, got.NextTimes)
	require.Equal(t, view.Cron, got.Cron)
	var list api.Page[api.ScheduleView]
	h.do(http.MethodGet, schedulesPath, nil).into(&list)
	require.True(t, list.Items[0].Partial)
	h.clocks.err = nil
	h.requireInLine()
}

// A store that goes away between clock and record leaves neither without the other.
func TestSchedules_StoreAwayHalfway_ChangesNothing(t *testing.T) {
	t.Parallel()
	h, _, path := scheduled(t)
	fail := func(err error) func() {
		return func() {
			h.store.mu.Lock()
			defer h.store.mu.Unlock()
			h.store.fail = err
		}
	}
	for _, ask := range []func() reply{
		func() reply {
			return h.do(http.MethodPost, schedulesPath, scheduleBody(with("name", "other")), "Idempotency-Key", "k")
		},
		func() reply { return h.do(http.MethodPut, path, scheduleBody(with("cron", "@daily"))) },
	} {
		h.clocks.before = fail(errDown)
		require.Equal(t, http.StatusServiceUnavailable, ask().Code)
		h.clocks.before = nil
		fail(nil)()
		h.requireInLine()
	}
	r := h.do(http.MethodPost, schedulesPath, scheduleBody(with("name", "other")), "Idempotency-Key", "k")
	require.Equal(t, http.StatusCreated, r.Code, "the same request succeeds later")
	require.Len(t, h.store.schedules, 2)
	h.requireInLine()
}

// A server that dies between clock and record, or between record and answer, is
// found out by the same request sent again: one schedule, in line with its clock.
func TestCreateSchedule_ServerDiedHalfway_SentAgain_MakesOne(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*harness){
		"before the record":             func(h *harness) { clear(h.store.schedules) },
		"after the record":              func(*harness) {},
		"after it, and Temporal forgot": func(h *harness) { clear(h.clocks.set) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t).withFleet()
			post := func() reply {
				return h.do(http.MethodPost, schedulesPath, scheduleBody(), "Idempotency-Key", "k", "X-Actor", "ana")
			}
			var first, second api.ScheduleView
			post().into(&first)
			clear(h.store.claims) // the lease of the claim has run out
			lose(h)
			r := post()
			require.Equal(t, http.StatusCreated, r.Code, r.Body.String())
			r.into(&second)
			require.Equal(t, first.ID, second.ID)
			require.Len(t, h.store.schedules, 1)
			h.requireInLine()
		})
	}
}

func TestCreateSchedule_TakenName_LeavesNoClock(t *testing.T) {
	t.Parallel()
	h, _, _ := scheduled(t)
	r := h.do(http.MethodPost, schedulesPath, scheduleBody())
	require.Equal(t, http.StatusConflict, r.Code, r.Body.String())
	h.requireInLine()
}

// What got out of line is put right by the record when it is read.
func TestGetSchedule_ClockOutOfLine_IsSetByTheRecord(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(c *fakeClocks, id string){
		"lost": func(c *fakeClocks, id string) { delete(c.set, id) },
		"of a change that was not kept": func(c *fakeClocks, id string) {
			c.set[id] = serving.Schedule{ID: id, Generation: 2, Timing: serving.Timing{Cron: "@yearly"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, view, path := scheduled(t)
			disturb(h.clocks, view.ID)
			require.Equal(t, http.StatusOK, h.do(http.MethodGet, path, nil).Code)
			h.requireInLine()
		})
	}
}

// Of two changes at once the later one is refused, and its clock does not stay.
func TestUpdateSchedule_ChangedMeanwhile_IsRefusedAndTheClockFollowsTheRecord(t *testing.T) {
	t.Parallel()
	h, view, path := scheduled(t)
	raced := false
	h.clocks.before = func() {
		h.store.mu.Lock()
		defer h.store.mu.Unlock()
		if !raced {
			raced = true
			c := h.store.schedules[view.ID]
			c.Generation, c.Timing.Cron = 2, "@monthly"
			h.store.schedules[view.ID] = c
		}
	}
	r := h.do(http.MethodPut, path, scheduleBody(with("cron", "@daily")))
	require.Equal(t, http.StatusPreconditionFailed, r.Code, r.Body.String())
	h.clocks.before = nil
	require.Equal(t, "@monthly", h.clocks.set[view.ID].Timing.Cron)
	h.requireInLine()
}

func TestGetSchedule_ShowsWhatBecameOfTheLastTimes(t *testing.T) {
	t.Parallel()
	h, view, path := scheduled(t)
	due := time.Unix(1_800_000_000, 0).UTC()
	h.store.runs["r"] = serving.RunRecord{ID: "r", Fleet: "chat", Phase: "done", Outcome: serving.OutcomePromoted, Reason: "1.4x"}
	h.store.occurred = []serving.Occurrence{
		{Key: "c", ScheduleID: view.ID, DueAt: due, State: serving.OccurrenceStarted, RunID: "just begun"},
		{Key: "b", ScheduleID: view.ID, DueAt: due, State: serving.OccurrenceSkipped, Reason: "a run of the fleet is under way"},
		{Key: "a", ScheduleID: view.ID, DueAt: due, State: serving.OccurrenceStarted, RunID: "r"},
		{Key: "x", ScheduleID: "another", DueAt: due},
	}
	var got struct {
		Last json.RawMessage `json:"last"`
	}
	h.do(http.MethodGet, path, nil).into(&got)
	require.JSONEq(t, `[{"due_at":"2027-01-15T08:00:00Z","state":"started","run_id":"just begun"},
		{"due_at":"2027-01-15T08:00:00Z","state":"skipped","reason":"a run of the fleet is under way"},
		{"due_at":"2027-01-15T08:00:00Z","state":"started","run_id":"r","phase":"done","outcome":"promoted","run_reason":"1.4x"}]`, string(got.Last))
}
