package advisor_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/advisor/advisortest"
	"github.com/optiinfra/performance-agent/internal/bench/advisor"
	"github.com/optiinfra/performance-agent/internal/bench/diagnosis"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestCases_AreEnoughAndOfEveryEngine(t *testing.T) {
	t.Parallel()
	cases, engines := advisor.Cases(), map[serving.EngineKind]bool{}
	for _, c := range cases {
		engines[c.Condition.Engine] = true
		require.NotEqual(t, diagnosis.NoFinding, c.Condition.Finding, "%s has nothing to find", c.Name)
	}
	require.GreaterOrEqual(t, len(cases), 40)
	require.Len(t, engines, 3)
}

// flagged is a case that a flag can mend.
func flagged(t *testing.T) []diagnosis.Case {
	t.Helper()
	for _, c := range advisor.Cases() {
		if c.Condition.Family == serving.FamilyBatching {
			return []diagnosis.Case{c}
		}
	}
	t.Fatal("no plant of batching")
	return nil
}

func TestEvaluate_WithoutAKey_AsksTheRulesOnly(t *testing.T) {
	t.Setenv("GROQ_API_KEY", "")
	t.Setenv("ADVISOR_URL", "")
	r, err := advisor.Evaluate(flagged(t), known.Engines())
	require.NoError(t, err)
	require.Nil(t, r.Model)
	require.True(t, r.Simulated)
	require.Equal(t, advisor.Score{Cases: 1, Right: 1, Share: 1}, r.Rules)
}

func TestEvaluate_LanguageModel_IsScoredByItsFirstFamily(t *testing.T) {
	says := func(flag, value string) string {
		return advisortest.Answer("so", advisortest.Proposal{Title: "so", Finding: "slot-bound", Changes: []string{flag, "set", value}})
	}
	for name, k := range map[string]struct {
		answer string
		right  int
	}{"right": {says("--max-num-seqs", "128"), 1}, "wrong": {says("--no-such-flag", "1"), 0}} {
		t.Run(name, func(t *testing.T) {
			server := advisortest.Start(advisortest.Says(k.answer))
			defer server.Close()
			t.Setenv("ADVISOR_URL", server.URL())
			t.Setenv("GROQ_API_KEY", advisortest.Key)
			r, err := advisor.Evaluate(flagged(t), known.Engines())
			require.NoError(t, err)
			require.Equal(t, k.right, r.Model.Right, r.Results)
			require.Equal(t, 1, r.Model.Cases)
			require.Equal(t, 1-k.right, r.Results[0].Refused)
		})
	}
}

func TestRun_PrintsAndWritesWhatItFound(t *testing.T) {
	t.Setenv("GROQ_API_KEY", "")
	t.Setenv("ADVISOR_URL", "")
	var out bytes.Buffer
	file := filepath.Join(t.TempDir(), "bench", "advisor.json")
	require.NoError(t, advisor.RunOn(&out, file, flagged(t), known.Engines()))
	require.Contains(t, out.String(), "not asked: set GROQ_API_KEY")
	var r advisor.Report
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &r))
	require.GreaterOrEqual(t, r.Rules.Share, advisor.Enough)
	for _, i := range r.Insights {
		require.LessOrEqual(t, i.Seconds, 30.0, i.Case)
	}
}
