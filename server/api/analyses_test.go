package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

func runRecord(id string) serving.RunRecord {
	return serving.RunRecord{ID: id, WorkflowID: "optimize:chat"}
}
func rolloutRecord(id string) serving.RolloutRecord {
	return serving.RolloutRecord{ID: id, WorkflowID: "rollout:chat"}
}
func loadTestRecord(id string) serving.LoadTestRecord {
	return serving.LoadTestRecord{ID: id, WorkflowID: "loadtest:1", Phase: "running"}
}
func violationRecord(id string) serving.ViolationRecord { return serving.ViolationRecord{ID: id} }
func recommendationRecord(id string) serving.RecommendationRecord {
	return serving.RecommendationRecord{ID: id, Fleet: "chat", Status: "open"}
}

func lengths(mean float64) map[string]any { return map[string]any{"mean": mean, "cv": .5} }

func loadTestBody(edits ...func(spec map[string]any)) map[string]any {
	spec := map[string]any{
		"step_seconds": 10, "min_requests": 50, "max_rate": 40, "max_steps": 8, "resolution": .1,
		"base": map[string]any{"workload": map[string]any{"rate_per_second": 2, "prompt_tokens": lengths(400), "output_tokens": lengths(120)}},
	}
	for _, e := range edits {
		e(spec)
	}
	return map[string]any{"spec": spec}
}

// slotBound is a fleet whose requests wait for slots while the KV cache is empty,
// under a workload that was given.
func slotBound(t *testing.T) *harness {
	h := newHarness(t).withFleet(set("workload", map[string]any{
		"rate_per_second": 12, "prompt_tokens": lengths(400), "output_tokens": lengths(120)}))
	slow := &serving.Histogram{Bounds: []float64{.1, 1, 10}, Counts: []float64{10, 20, 600}, Count: 600, Sum: 3000}
	h.store.snapshots = []serving.SnapshotRecord{{ID: 1, Fleet: "chat", Variant: serving.Stable, TakenAt: time.Now(), Snapshot: serving.Snapshot{
		Fleet: "chat", Variant: serving.Stable, Engine: serving.VLLM, Model: "m", WindowSeconds: 60, Replicas: 2,
		Running: serving.Known(32), Waiting: serving.Known(60), KVUsage: serving.Known(.05), KVUsageMax: serving.Known(.06),
		Preemptions: serving.Known(0), PromptTokens: serving.Known(240000), GenerationTokens: serving.Known(72000),
		TTFT: slow, E2E: slow, Queue: slow, FinishedByReason: map[string]float64{"stop": 600},
	}}}
	return h
}

func TestAnalysis_LatestMeasurement_IsDiagnosedRecommendedAndKept(t *testing.T) {
	t.Parallel()
	h := slotBound(t)
	r := h.do(http.MethodPost, "/api/v1/fleets/chat/analyses", nil)
	require.Equal(t, http.StatusCreated, r.Code, r.Body.String())
	var rec serving.AnalysisRecord
	r.into(&rec)
	kinds := []serving.BottleneckKind{}
	for _, b := range rec.Bottlenecks {
		kinds = append(kinds, b.Kind)
		require.NotEmpty(t, b.Evidence, "no finding without numbers")
	}
	require.Contains(t, kinds, serving.BottleneckSlotBound)
	require.NotEmpty(t, rec.Recommendations)
	require.Empty(t, h.world.read, "there was a measurement")
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, r.Header().Get("Location"), nil).Code)
	var page api.Page[serving.AnalysisRecord]
	h.do(http.MethodGet, "/api/v1/fleets/chat/analyses", nil).into(&page)
	require.Len(t, page.Items, 1)
}

func TestAnalysis_NothingMeasured_MeasuresFirst(t *testing.T) {
	t.Parallel()
	h := withReplica(t)
	r := h.do(http.MethodPost, "/api/v1/fleets/chat/analyses", `{"window_seconds": 1}`)
	require.Equal(t, http.StatusCreated, r.Code, r.Body.String())
	require.Len(t, h.store.snapshots, 1)
	require.Contains(t, r.Body.String(), `"recommendations":[`)
}

func TestRecommendations_AreKeptForDecision(t *testing.T) {
	t.Parallel()
	h := slotBound(t)
	var page api.Page[serving.RecommendationRecord]
	r := h.do(http.MethodPost, "/api/v1/fleets/chat/recommendations/batching", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r.into(&page)
	require.NotEmpty(t, page.Items)
	for _, rec := range page.Items {
		require.Equal(t, serving.FamilyBatching, rec.Recommendation.Family)
		require.Equal(t, "open", rec.Status)
		require.NotEmpty(t, rec.Recommendation.WrongIf)
	}
	path := "/api/v1/recommendations/" + page.Items[0].ID
	var rec serving.RecommendationRecord
	h.do(http.MethodPost, path+"/accept", nil, "X-Actor", "ana").into(&rec)
	require.Equal(t, "accepted", rec.Status)
	require.Equal(t, "ana", rec.DecidedBy)
	require.Equal(t, http.StatusOK, h.do(http.MethodPost, path+"/accept", nil).Code, "again is no mistake")
	require.Equal(t, http.StatusConflict, h.do(http.MethodPost, path+"/dismiss", nil).Code)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodPost, "/api/v1/recommendations/none/accept", nil).Code)
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/api/v1/fleets/chat/recommendations?status=accepted", nil).Code)
}

func TestLoadTest_StartsItsWorkflowOnTheFleetsObjectives(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	r := h.do(http.MethodPost, "/api/v1/fleets/chat/loadtests", loadTestBody())
	require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
	s := h.workflows.started[0]
	require.Equal(t, "LoadTest", s.Type)
	in, ok := s.Input.(workflows.LoadTestInput)
	require.True(t, ok)
	require.Equal(t, workflows.LoadTestID(in.ID), s.ID)
	require.Equal(t, "ttft-p95", in.Spec.Objectives[0].Name)

	h.workflows.status[s.ID] = workflows.LoadTestStatus{Phase: "running", Reason: "step 3"}
	var out api.LoadTestResult
	h.do(http.MethodGet, r.Header().Get("Location")+"/results", nil).into(&out)
	require.Equal(t, "step 3", out.Reason)
	require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, r.Header().Get("Location")+"/cancel", nil).Code)
	require.Equal(t, s.ID, h.workflows.canceled[0].WorkflowID)
}

func TestLoadTest_OutOfBounds_IsRefused(t *testing.T) {
	t.Parallel()
	with := func(key string, value any) map[string]any {
		return loadTestBody(func(spec map[string]any) { spec[key] = value })
	}
	elsewhere := loadTestBody()
	elsewhere["target"] = "http://8.8.8.8"
	for field, body := range map[string]any{
		"body.spec.step_seconds": with("step_seconds", 86400), "body.spec.max_rate": with("max_rate", 1e9),
		"body.spec.max_steps": with("max_steps", 0), "body.spec.resolution": with("resolution", 2),
		"body.spec.base.workload.rate_per_second": with("base", map[string]any{}), "body.target": elsewhere,
		"body.spec.objectives[0].metric": with("objectives", []any{map[string]any{"name": "a", "metric": "mood"}}),
	} {
		h := newHarness(t).withFleet()
		r := h.do(http.MethodPost, "/api/v1/fleets/chat/loadtests", body)
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, field)
		require.Equal(t, field, fieldsOf(r.problem()))
		require.Empty(t, h.workflows.started)
	}
}
