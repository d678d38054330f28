package advice_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/advice"
	"github.com/optiinfra/performance-agent/internal/advisor/advisortest"
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestVet_GoodProposal_IsARecommendationOfTheLanguageModel(t *testing.T) {
	t.Parallel()
	got := vet(t, question(t), advisortest.Proposal{Title: "more slots", Finding: "slot-bound", Changes: []string{"--max-num-seqs", "set", "128"}})
	require.Equal(t, "More slots are needed.", got.Summary)
	require.Zero(t, got.Refused.Total())
	require.Len(t, got.Recommendations, 1)
	r := got.Recommendations[0]
	require.Equal(t, serving.SourceLLM, r.Source)
	require.Equal(t, serving.FamilyBatching, r.Family, "the catalogue's, not the model's word")
	require.Equal(t, serving.RiskCheap, r.Risk)
	require.Equal(t, []serving.BottleneckKind{serving.BottleneckSlotBound}, r.For)
	require.NotEmpty(t, r.Mechanism)
	require.NotEmpty(t, r.WrongIf)
	require.Contains(t, r.Undo, "--max-num-seqs 16")
	require.Contains(t, r.Effect.Basis, "not a prediction")
	require.Len(t, got.Hypotheses, 1)
	require.Equal(t, serving.BottleneckSlotBound, got.Hypotheses[0].Finding)
	require.NotEmpty(t, got.Hypotheses[0].RefutedBy)
}

func TestVet_UnknownFlag_IsDroppedAndCounted_TheRestStays(t *testing.T) {
	t.Parallel()
	got := vet(t, question(t), advisortest.Proposal{Title: "both", Changes: []string{"--go-faster", "set", "9", "--max-num-seqs", "set", "128"}})
	require.Equal(t, 1, got.Refused.UnknownFlags)
	require.Len(t, got.Recommendations, 1)
	require.Len(t, got.Recommendations[0].Changes, 1)
	require.Contains(t, strings.Join(got.Refused.Reasons, " "), "--go-faster")
}

func TestVet_WhatIsRefused_IsCountedByItsReason(t *testing.T) {
	t.Parallel()
	cheap := question(t)
	cheap.Fleet.Policy.AllowedRisks = []serving.RiskClass{serving.RiskCheap}
	for name, c := range map[string]struct {
		q       advice.Question
		changes []string
		want    serving.Refusals
	}{
		"a risk that policy forbids":      {cheap, []string{"--kv-cache-dtype", "set", "fp8"}, serving.Refusals{Risks: 1}},
		"more GPUs":                       {question(t), []string{"--tensor-parallel-size", "set", "2"}, serving.Refusals{Risks: 1}},
		"a capability cut with a gain":    {question(t), []string{"--max-num-seqs", "set", "64", "--max-model-len", "set", "512"}, serving.Refusals{CapabilityCuts: 1}},
		"a value out of range":            {question(t), []string{"--gpu-memory-utilization", "set", "1.7"}, serving.Refusals{Invalid: 1}},
		"a word where a number belongs":   {question(t), []string{"--max-num-seqs", "set", "many"}, serving.Refusals{Invalid: 1}},
		"a word that the enum lacks":      {question(t), []string{"--kv-cache-dtype", "set", "fp1"}, serving.Refusals{Invalid: 1}},
		"no known action":                 {question(t), []string{"--max-num-seqs", "double", "2"}, serving.Refusals{Invalid: 1}},
		"what is there already":           {question(t), []string{"--max-num-seqs", "set", "16"}, serving.Refusals{Pointless: 1}},
		"the removal of what is not set":  {question(t), []string{"--block-size", "remove", ""}, serving.Refusals{Pointless: 1}},
		"nothing":                         {question(t), nil, serving.Refusals{Pointless: 1}},
		"a flag as an alias of the model": {question(t), []string{"--model", "set", "x/y"}, serving.Refusals{UnknownFlags: 1}},
	} {
		got := vet(t, c.q, advisortest.Proposal{Title: "p", Changes: c.changes})
		require.Empty(t, got.Recommendations, name)
		require.NotEmpty(t, got.Refused.Reasons, name)
		got.Refused.Reasons = nil
		require.Equal(t, c.want, got.Refused, name)
	}
}

func TestVet_Switches_AreWrittenAsTheEngineWantsThem(t *testing.T) {
	t.Parallel()
	q := question(t, llama8B, "--enforce-eager", "--no-enable-prefix-caching")
	got := vet(t, q, advisortest.Proposal{Title: "graphs and caching", Changes: []string{"--enforce-eager", "remove", "", "--enable-prefix-caching", "set", "true"}})
	require.Len(t, got.Recommendations, 1)
	to := propose.Apply(q.Fleet.Config, got.Recommendations[0].Changes)
	canonical, err := engine.Canonical(vllm.New(), to)
	require.NoError(t, err)
	require.Equal(t, canonical.Key(), to.Key())
	require.Equal(t, serve(t, llama8B, "--enable-prefix-caching").Key(), to.Key())
}

func TestVet_MoreThanIsUseful_IsCutOff(t *testing.T) {
	t.Parallel()
	var many []advisortest.Proposal
	for _, n := range []string{"32", "64", "128", "256", "512", "1024"} {
		many = append(many, advisortest.Proposal{Title: strings.Repeat("long ", 100), Changes: []string{"--max-num-seqs", "set", n}})
	}
	got := vet(t, question(t), many...)
	require.Len(t, got.Recommendations, 4)
	require.LessOrEqual(t, len(got.Recommendations[0].Title), 90)
}

func TestVet_TextsForPeople_AreOneCleanLineWithoutSecrets(t *testing.T) {
	t.Parallel()
	reply := advice.Reply{Summary: "a\nb\x1b[31m\u202e c gsk_abcdefgh12345678"}
	require.Equal(t, "a b[31m c [redacted]", advice.Vet(question(t), vllm.New(), reply).Summary)
}

func TestParse_AnythingButTheSchema_IsMalformed(t *testing.T) {
	t.Parallel()
	whole := advisortest.Answer("s", advisortest.Proposal{Title: "t", Changes: []string{"--block-size", "set", "32"}})
	_, err := advice.Parse(whole)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"no JSON":             "I think you should",
		"JSON in a fence":     "```json\n" + whole + "\n```",
		"half of it":          whole[:len(whole)/2],
		"something after":     whole + whole,
		"an unknown field":    strings.Replace(whole, `"summary"`, `"note":1,"summary"`, 1),
		"a field missing":     strings.Replace(whole, `"refuted_by":"the same rate in a trial",`, "", 1),
		"a null":              strings.Replace(whole, `"summary":"s"`, `"summary":null`, 1),
		"a number as text":    strings.Replace(whole, `"expected_low":1.1`, `"expected_low":"1.1"`, 1),
		"an array":            "[]",
		"lists that are none": `{"summary":"s"}`,
	} {
		_, err := advice.Parse(text)
		require.ErrorIs(t, err, advice.ErrMalformed, name)
	}
}

// Whatever is answered, nothing gets through that the engine would refuse, that
// policy forbids or that is a free text.
func TestVet_AnyAnswer_OnlyAllowedConfigurationsGetThrough(t *testing.T) {
	t.Parallel()
	e := vllm.New()
	q := question(t)
	var flags []string
	for _, p := range e.Catalogue().Parameters {
		flags = append(flags, p.Flag)
	}
	flags = append(flags, "model", "--unheard-of", "")
	rapid.Check(t, func(r *rapid.T) {
		var changes []string
		for range rapid.IntRange(0, 4).Draw(r, "changes") {
			changes = append(changes, rapid.SampledFrom(flags).Draw(r, "flag"), rapid.SampledFrom([]string{"set", "remove", "x"}).Draw(r, "action"),
				rapid.SampledFrom([]string{"", "true", "false", "0", "1", "64", "0.5", "-1", "fp8", "auto", "evil/model", "9999999999"}).Draw(r, "value"))
		}
		reply, err := advice.Parse(advisortest.Answer("s", advisortest.Proposal{Title: "t", Changes: changes}))
		require.NoError(r, err)
		for _, rec := range advice.Vet(q, e, reply).Recommendations {
			to := propose.Apply(q.Fleet.Config, rec.Changes)
			require.Empty(r, e.Validate(to, q.Fleet.Hardware))
			require.True(r, q.Fleet.Policy.Allows(engine.RiskOf(e.Catalogue(), q.Fleet.Config, to)))
			require.Equal(r, q.Fleet.Config.Model, to.Model)
			require.Empty(r, e.Catalogue().Unknown(to))
			for _, c := range rec.Changes {
				require.True(r, c.To == nil || *c.To != "evil/model")
			}
		}
	})
}

func TestPlain_SaysWhatTheRulesFound(t *testing.T) {
	t.Parallel()
	require.Equal(t, "The rules find nothing that limits the fleet.", advice.Plain(nil, nil))
	got := advice.Plain(question(t).Bottlenecks, []serving.Recommendation{{Title: "more slots", Mechanism: "more requests run at once."}})
	require.Contains(t, got, "slot-bound (high)")
	require.Contains(t, got, "First to try: more slots, because more requests run at once.")
	require.Contains(t, advice.Plain(question(t).Bottlenecks, nil), "No change of flags")
}
