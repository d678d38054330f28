package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const comparisonsPath = "/api/v1/comparisons"

// tested is a finished load test of the fleet chat.
func tested(id string, good, bad float64) serving.LoadTestRecord {
	return serving.LoadTestRecord{ID: id, Fleet: "chat", Phase: "completed",
		Result: &serving.LadderResult{MaxGood: good, MinBad: serving.Known(bad), Reference: serving.LoadResult{Requests: 100}}}
}

// trialOf is a full trial of a configuration.
func trialOf(n int, config serving.EngineConfig, good, bad float64) serving.TrialRecord {
	return serving.TrialRecord{RunID: "r", Fleet: "chat", Trial: serving.Trial{Number: n, Status: serving.TrialMeasured,
		Candidate: serving.Candidate{Config: config}, Result: *tested("", good, bad).Result}}
}

func finding(rec serving.ComparisonRecord, metric string) serving.Finding3 {
	for _, m := range rec.Metrics {
		if m.Metric == metric {
			return m.Finding
		}
	}
	return ""
}

func TestCreateComparison_OfLoadTests_SaysWhichIsBetter(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.store.loadTests["old"], h.store.loadTests["new"] = tested("old", 4, 5), tested("new", 9, 10)

	r := h.do(http.MethodPost, comparisonsPath, `{"a":{"load_tests":["old"]},"b":{"name":"after","load_tests":["new"]}}`, "X-Actor", "ana")

	require.Equal(t, http.StatusCreated, r.Code, r.Body.String())
	var rec serving.ComparisonRecord
	r.into(&rec)
	require.Equal(t, "chat", rec.Fleet)
	require.Equal(t, "after", rec.B.Name)
	require.Equal(t, "ana", rec.CreatedBy)
	require.Equal(t, serving.FindingBetter, finding(rec, "max_good_rps"))
	require.Equal(t, comparisonsPath+"/"+rec.ID, r.Header().Get("Location"))
	var again serving.ComparisonRecord
	h.do(http.MethodGet, r.Header().Get("Location"), nil).into(&again)
	require.Equal(t, rec, again)
	var page struct{ Items []serving.ComparisonRecord }
	h.do(http.MethodGet, comparisonsPath+"?fleet=chat", nil).into(&page)
	require.Len(t, page.Items, 1)
	require.Contains(t, h.store.actions(), "comparison.create "+rec.ID)
}

func TestCreateComparison_OfARun_TakesTheWinnersFullTrials(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	before, after := serving.EngineConfig{Engine: "vllm", Model: "m"}, serving.EngineConfig{Engine: "vllm", Model: "m", Flags: []serving.Flag{{Name: "--max-num-seqs", Value: "256"}}}
	h.store.runs["r"] = serving.RunRecord{ID: "r", Fleet: "chat", Winner: &serving.RunSide{Config: after}}
	short := trialOf(3, after, 1, 2)
	short.Trial.Fidelity = .3
	failed := trialOf(4, after, 1, 2)
	failed.Trial.Status = serving.TrialFailed
	h.store.trials = []serving.TrialRecord{trialOf(1, before, 4, 5), trialOf(2, after, 9, 10), short, failed}

	var rec serving.ComparisonRecord
	h.do(http.MethodPost, comparisonsPath, `{"a":{"run":"r","trials":[1]},"b":{"run":"r"}}`).into(&rec)
	require.Equal(t, []int{2}, rec.B.Trials)
	require.Equal(t, 1, rec.B.Replicates)
	require.Equal(t, serving.FindingBetter, finding(rec, "max_good_rps"))

	h.do(http.MethodPost, comparisonsPath, map[string]any{
		"a": map[string]any{"fleet": "chat", "config": after}, "b": map[string]any{"fleet": "chat", "config": before}}).into(&rec)
	require.Equal(t, []int{1}, rec.B.Trials)
	require.Equal(t, serving.FindingWorse, finding(rec, "max_good_rps"))
}

func TestCreateComparison_WhatCannotBeCompared_IsRefusedByField(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.store.loadTests["ok"] = tested("ok", 4, 5)
	h.store.loadTests["open"] = serving.LoadTestRecord{ID: "open", Fleet: "chat", Phase: "running"}
	h.store.runs["r"] = serving.RunRecord{ID: "r", Fleet: "chat"}
	for side, field := range map[string]string{
		`{}`:                                 "body.b",
		`{"load_tests":["ok"],"run":"r"}`:    "body.b",
		`{"load_tests":["ok"],"trials":[1]}`: "body.b.trials",
		`{"load_tests":["ok","open"]}`:       "body.b.load_tests[1]",
		`{"run":"r"}`:                        "body.b.run",
		`{"run":"r","trials":[7]}`:           "body.b.trials[0]",
		`{"config":{"engine":"vllm"}}`:       "body.b.fleet",
		`{"config":{"engine":"vllm","model":"m"},"fleet":"chat"}`: "body.b",
	} {
		r := h.do(http.MethodPost, comparisonsPath, `{"a":{"load_tests":["ok"]},"b":`+side+`}`)
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, side+r.Body.String())
		require.Equal(t, field, fieldsOf(r.problem()), side)
	}
	for _, side := range []string{`{"load_tests":["none"]}`, `{"run":"none"}`, `{"config":{"engine":"vllm","model":"m"},"fleet":"none"}`} {
		require.Equal(t, http.StatusNotFound, h.do(http.MethodPost, comparisonsPath, `{"a":{"load_tests":["ok"]},"b":`+side+`}`).Code, side)
	}
	require.Empty(t, h.store.compared)
}
