package api_test

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// measured gives the fleet a measurement.
func (h *harness) measured() *harness {
	h.store.snapshots = append(h.store.snapshots, serving.SnapshotRecord{Fleet: "chat", Variant: serving.Stable, TakenAt: time.Now(),
		Snapshot: serving.Snapshot{Fleet: "chat", Engine: serving.VLLM, WindowSeconds: 30, Replicas: 2, Running: serving.Known(32), Waiting: serving.Known(24), KVUsage: serving.Known(0.1)}})
	return h
}

func TestInsights_Post_StartsAWorkflowAndAnswersWithWhatItWrote(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet().measured()
	h.workflows.begun = h.store.writeInsight
	r := h.do(http.MethodPost, "/api/v1/fleets/chat/insights", nil, "X-Actor", "ana")
	require.Equal(t, http.StatusCreated, r.Code, r.Body.String())
	require.Equal(t, "/api/v1/fleets/chat/insights", r.Header().Get("Location"))
	var got serving.Insight
	r.into(&got)
	require.Equal(t, "Too few slots.", got.Summary)

	require.Len(t, h.workflows.started, 1)
	start := h.workflows.started[0]
	require.Equal(t, "Insight", start.Type)
	require.Equal(t, workflows.InsightID(got.ID), start.ID)
	input, ok := start.Input.(workflows.InsightInput)
	require.True(t, ok)
	require.Equal(t, "ana", input.RequestedBy)
	require.Equal(t, got.ID, input.Question.Subject)
	require.NotEmpty(t, input.Question.Bottlenecks, "the rules were asked first")
	require.Contains(t, h.store.actions(), "insight.create chat")
}

func TestInsights_NoWorkerWritesOne_IsATimeout(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet().measured()
	h.workflows.err = api.ErrUnavailable
	require.Equal(t, http.StatusServiceUnavailable, h.do(http.MethodPost, "/api/v1/fleets/chat/insights", nil).Code)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodPost, "/api/v1/fleets/nobody/insights", nil).Code)
}

func TestInsights_Get_ListsThoseOfTheFleet(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.store.insights["a"] = serving.Insight{ID: "a", Fleet: "chat", Status: serving.InsightOff, Reason: "no language model is configured"}
	var page api.Page[serving.Insight]
	h.do(http.MethodGet, "/api/v1/fleets/chat/insights", nil).into(&page)
	require.Len(t, page.Items, 1)
	require.Equal(t, serving.InsightOff, page.Items[0].Status)
	require.Equal(t, "chat", h.store.queries[len(h.store.queries)-1].Fleet)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, "/api/v1/fleets/nobody/insights", nil).Code)
}

func scoredRun(id string, scores ...serving.SourceScore) serving.RunRecord {
	return serving.RunRecord{ID: id, Fleet: "chat", Sources: scores}
}

func TestSources_SumOverRuns_WithTheirHitRates(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.store.runs["a"] = scoredRun("a", serving.SourceScore{Source: serving.SourceRule, Proposed: 4, Tried: 2, Better: 1, Won: 1}, serving.SourceScore{Source: serving.SourceLLM, Proposed: 3})
	h.store.runs["b"] = scoredRun("b", serving.SourceScore{Source: serving.SourceRule, Proposed: 2, Tried: 2})
	h.store.runs["c"] = scoredRun("c")
	r := h.do(http.MethodGet, "/api/v1/fleets/chat/recommendations/sources", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.JSONEq(t, `{"fleet":"chat","runs":2,"sources":[
		{"source":"rule","proposed":6,"tried":4,"better":1,"won":1,"hit_rate":0.25},
		{"source":"llm","proposed":3,"tried":0,"better":0,"won":0,"hit_rate":null}]}`, withoutSchema(t, r))
}

func withoutSchema(t *testing.T, r reply) string {
	t.Helper()
	return regexp.MustCompile(`"\$schema":"[^"]*",`).ReplaceAllString(r.Body.String(), "")
}

func TestMetrics_TellOfTheAdvisorAndOfSources(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.store.calls = map[serving.ExchangeStatus]serving.AdvisorUsage{serving.ExchangeAnswered: {Attempts: 2, PromptTokens: 6000, CompletionTokens: 900}, serving.ExchangeLimited: {Attempts: 1}}
	h.store.runs["a"] = scoredRun("a", serving.SourceScore{Source: serving.SourceLLM, Proposed: 3, Tried: 2, Better: 1})
	page := h.do(http.MethodGet, "/metrics", nil).Body.String()
	for _, line := range []string{`performance_agent_advisor_calls{status="answered"} 2`, `performance_agent_advisor_calls{status="limited"} 1`,
		`performance_agent_advisor_calls{status="failed"} 0`, `performance_agent_advisor_tokens{kind="prompt"} 6000`,
		`performance_agent_candidates{result="tried",source="llm"} 2`, `performance_agent_candidate_hit_ratio{source="llm"} 0.5`} {
		require.Contains(t, page, line)
	}
}

func TestMetrics_StoreThatDoesNotAnswer_LeavesTheAdvisorOut(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.store.fail = errDown
	r := h.do(http.MethodGet, "/metrics", nil)
	require.Equal(t, http.StatusOK, r.Code)
	require.NotContains(t, r.Body.String(), "performance_agent_advisor_calls{")
}
