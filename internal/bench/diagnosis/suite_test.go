package diagnosis_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/diagnosis"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Acceptance: the first recommendation is about the right thing in 95 of 100.
const enough = 0.95

func TestSuite_FirstPlantOfEachCondition_IsFoundAndAnswered(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("simulates hours")
	}
	cases := slices.DeleteFunc(diagnosis.Cases(diagnosis.Conditions(), 1), func(c diagnosis.Case) bool {
		return c.HeldOut || !strings.HasSuffix(c.Name, "/0") || slices.Contains(slow(), c.Condition.Name)
	})
	answers, err := diagnosis.AskAll(cases, known.Engines())
	require.NoError(t, err)
	for _, a := range answers {
		require.Empty(t, a.Invalid, "%s: the engine would refuse a recommendation", a.Case)
		if !a.RightFinding() || !a.RightFamily() {
			t.Logf("%s: expected %v, got %v", a.Case, a.Expected, a.Got)
		}
	}
	for _, kind := range []serving.EngineKind{serving.VLLM, serving.TGI, serving.SGLang} {
		own := diagnosis.OfEngine(answers, kind)
		if len(own) == 0 {
			continue
		}
		s := diagnosis.ScoreOf(own)
		require.GreaterOrEqual(t, float64(s.RightFamily), enough*float64(s.Cases), "%s family: %+v", kind, s)
		require.GreaterOrEqual(t, float64(s.RightFinding), enough*float64(s.Cases), "%s finding: %+v", kind, s)
	}
}

// slow are conditions whose simulation takes seconds: they are for the benchmark.
func slow() []string {
	return []string{"overload-tuned", "overload-16-bits", "long-contexts", "long-prompts", "large-budget", "whole-prompts", "sixteen-bits", "drafts-at-load"}
}

func TestConditions_AtLeastTwelveAnEngineWithReasonsAndOneHealthy(t *testing.T) {
	t.Parallel()
	planted, healthy := map[serving.EngineKind]int{}, map[serving.EngineKind]int{}
	names := map[string]bool{}
	for _, c := range diagnosis.Conditions() {
		key := string(c.Engine) + "/" + c.Name
		require.False(t, names[key], key)
		names[key] = true
		require.NotEmpty(t, c.Why, key)
		require.GreaterOrEqual(t, len(c.Plants), 2, key)
		if c.Finding == diagnosis.NoFinding {
			healthy[c.Engine]++
		} else {
			planted[c.Engine]++
		}
	}
	for kind, n := range planted {
		require.GreaterOrEqual(t, n, 12, kind)
		require.Equal(t, 1, healthy[kind], kind)
	}
	require.GreaterOrEqual(t, len(diagnosis.Cases(diagnosis.Conditions(), 1)), 150)
}

func TestCases_HalfAreDrawnFromTheSeed(t *testing.T) {
	t.Parallel()
	one, again, other := diagnosis.Cases(diagnosis.Conditions(), 7), diagnosis.Cases(diagnosis.Conditions(), 7), diagnosis.Cases(diagnosis.Conditions(), 8)
	require.Equal(t, one, again)
	held := 0
	for i, c := range one {
		if !c.HeldOut {
			require.Equal(t, c.Plant, other[i].Plant, "what is written does not depend on the seed")
			continue
		}
		held++
		require.NotEqual(t, c.Plant.Prompt, other[i].Plant.Prompt)
	}
	require.Equal(t, len(one)/2, held)
}

// find returns the case as written.
func find(t *testing.T, name string) diagnosis.Case {
	t.Helper()
	for _, c := range diagnosis.Cases(diagnosis.Conditions(), 3) {
		if c.Name == name {
			return c
		}
	}
	require.Failf(t, "no case", "%s", name)
	return diagnosis.Case{}
}

// The condition must be there in what the engine shows, or finding it says
// nothing.
func TestAsk_WhatWasPlantedIsOnThePage(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]func(serving.Snapshot) bool{
		"vllm/few-slots/0": func(s serving.Snapshot) bool {
			return s.Running.Or(0) > 7 && s.Waiting.Or(0) > 8 && s.KVUsage.Or(1) < 0.2
		},
		"vllm/small-memory-share/0": func(s serving.Snapshot) bool { return s.KVUsage.Or(0) > 0.85 && s.Waiting.Or(0) > 1 },
		"vllm/skewed-router/0": func(s serving.Snapshot) bool {
			return s.PerReplica[0].Requests.Or(0) > 5*s.PerReplica[1].Requests.Or(1e9)
		},
		"tgi/low-admission/0": func(s serving.Snapshot) bool { return s.Errors.Or(0) > 20 && s.Running.Or(0) > 6 },
		"tgi/generous-max-tokens/0": func(s serving.Snapshot) bool {
			return s.Waiting.Or(0) > 1 && s.KVReservedTokens.Or(0) > 2*s.Running.Or(1e9)*1300 && !s.KVUsage.IsKnown()
		},
		"sglang/held-back/0": func(s serving.Snapshot) bool { return s.Waiting.Or(0) > 1 && s.KVUsage.Or(1) < 0.9 },
		"vllm/faults/0":      func(s serving.Snapshot) bool { return s.Errors.Or(0) > 0 },
		"vllm/caching-off/0": func(s serving.Snapshot) bool { return s.PrefixHitTokens.Or(1) == 0 && s.TTFT.Count > 100 },
		"vllm/healthy/4":     func(s serving.Snapshot) bool { return s.PrefixHitRate().Or(0) > 0.3 && s.Waiting.Or(9) < 1 },
	} {
		a, err := diagnosis.Ask(find(t, name), known.Engines())
		require.NoError(t, err)
		require.True(t, check(a.Measured), "%s: %+v", name, a.Measured)
	}
}

func TestAsk_SameSeed_SameAnswer(t *testing.T) {
	t.Parallel()
	c := find(t, "vllm/eager/0")
	one, err := diagnosis.Ask(c, known.Engines())
	require.NoError(t, err)
	again, err := diagnosis.Ask(c, known.Engines())
	require.NoError(t, err)
	require.Equal(t, one.Findings, again.Findings)
	require.Equal(t, one.Proposed, again.Proposed)
}

func TestAsk_APlantThatTheEngineRefuses_IsAnErrorAndNoAnswer(t *testing.T) {
	t.Parallel()
	c := find(t, "vllm/eager/0")
	c.Plant.Flags = []string{"--max-num-seqs", "64", "--max-num-batched-tokens", "32"}
	_, err := diagnosis.Ask(c, known.Engines())
	require.ErrorContains(t, err, "would not start")
	_, err = diagnosis.AskAll([]diagnosis.Case{c}, known.Engines())
	require.Error(t, err)
}

func answer(engine serving.EngineKind, held bool, expected, got diagnosis.Pair) diagnosis.Answer {
	return diagnosis.Answer{Engine: engine, HeldOut: held, Expected: expected, Got: got, Proposed: []string{"a", "b"}}
}

func TestMatrix_CountsWhatWasTakenForWhat(t *testing.T) {
	t.Parallel()
	slots := diagnosis.Pair{Finding: serving.BottleneckSlotBound, Family: serving.FamilyBatching}
	cache := diagnosis.Pair{Finding: serving.BottleneckKVPressure, Family: serving.FamilyKVCache}
	half := diagnosis.Pair{Finding: serving.BottleneckSlotBound, Family: serving.FamilyQuantization}
	answers := []diagnosis.Answer{answer(serving.VLLM, false, slots, slots), answer(serving.VLLM, true, slots, half), answer(serving.TGI, true, cache, slots)}
	require.Equal(t, []diagnosis.Cell{{Expected: "kv-cache-pressure", Got: "slot-bound", Count: 1}, {Expected: "slot-bound", Got: "slot-bound", Count: 2}},
		diagnosis.Matrix(answers, diagnosis.ByFinding))
	require.Equal(t, diagnosis.Score{Cases: 3, RightFinding: 2, RightFamily: 1, HeldOut: 2, HeldOutFinding: 1, Recommended: 6}, diagnosis.ScoreOf(answers))
	require.Len(t, diagnosis.OfEngine(answers, serving.VLLM), 2)
}

func TestReport_IsPrintedAndWrittenAndSaysThatItIsSimulated(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bench", "diagnosis.json")
	var table strings.Builder
	c := find(t, "vllm/eager/0")
	require.NoError(t, diagnosis.RunCases(&table, file, []diagnosis.Case{c}, 3, known.Engines()))
	require.Contains(t, table.String(), "simulated engines")
	require.Contains(t, table.String(), "host-overhead")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var r diagnosis.Report
	require.NoError(t, json.Unmarshal(data, &r))
	require.True(t, r.Simulated)
	require.Equal(t, 1, r.Score.Cases)
	require.Equal(t, uint64(3), r.Seed)
}
