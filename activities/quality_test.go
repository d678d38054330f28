package activities_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// school is an engine that answers every prompt with one sentence, and the store
// in which the answers are kept.
type school struct {
	says  string
	err   error
	asked []int // prompts, a call
	kept  map[string]serving.AnswerRecord
	sets  map[string]serving.GoldenSet
}

func (s *school) Answers(_ context.Context, _, _ string, items []serving.QualityItem) ([]serving.Answer, error) {
	s.asked = append(s.asked, len(items))
	out := make([]serving.Answer, len(items))
	for i := range out {
		out[i] = serving.Answer{Item: items[i].ID, Text: s.says, Tokens: strings.Fields(s.says), Finish: "stop"}
	}
	return out, s.err
}

func (s *school) Smoke(context.Context, string, string) ([]serving.SmokeCheck, error) {
	return []serving.SmokeCheck{{Name: "answers", OK: true}}, s.err
}

func (s *school) Flush(context.Context, string, serving.EngineKind) bool { return true }

// archive is the school's store.
type archive struct{ *school }

func (a archive) SaveAnswers(_ context.Context, r serving.AnswerRecord) error {
	a.kept[r.Key] = r
	return nil
}

func (a archive) Answers(_ context.Context, key string) (serving.AnswerRecord, error) {
	r, ok := a.kept[key]
	if !ok {
		return r, fmt.Errorf("answers %q: %w", key, serving.ErrPermanent)
	}
	return r, nil
}

func (a archive) GoldenSet(_ context.Context, id string) (serving.GoldenSet, error) {
	g, ok := a.sets[id]
	if !ok {
		return g, fmt.Errorf("golden set %q: %w", id, serving.ErrPermanent)
	}
	return g, nil
}

func newSchool(says string) *school {
	return &school{says: says, kept: map[string]serving.AnswerRecord{}, sets: map[string]serving.GoldenSet{}}
}

// setOf is a golden set of n prompts with one answer.
func setOf(n int, expected string) serving.GoldenSet {
	g := serving.GoldenSet{ID: "g"}
	for i := range n {
		g.Items = append(g.Items, serving.QualityItem{ID: fmt.Sprint(i), Prompt: "?", Expected: expected})
	}
	return g
}

func TestCollectAnswers_BaselineThatKnows_IsAskedOnce(t *testing.T) {
	t.Parallel()
	s := newSchool("Paris.")
	s.sets["g"] = setOf(500, "paris")
	var out activities.CollectAnswersResult
	require.NoError(t, run(t, activities.NewQuality(s, archive{s}), "CollectAnswers",
		activities.CollectAnswersInput{Key: "run/1", Fleet: "chat", Policy: serving.QualityPolicy{GoldenSet: "g"}}, &out))
	require.Equal(t, []int{425}, s.asked, "the planned part of the set")
	require.Equal(t, serving.QualityCorrect, out.Criterion)
	require.True(t, out.Flushed)
	require.Len(t, s.kept["run/1"].Answers, 425)
	require.Empty(t, s.kept["run/1"].Again)
	require.Equal(t, "chat", s.kept["run/1"].Fleet)
}

func TestCollectAnswers_BaselineThatDoesNot_IsAskedTwice(t *testing.T) {
	t.Parallel()
	s := newSchool("word salad")
	var out activities.CollectAnswersResult
	require.NoError(t, run(t, activities.NewQuality(s, archive{s}), "CollectAnswers", activities.CollectAnswersInput{Key: "run/1"}, &out))
	require.Equal(t, []int{425, 425}, s.asked)
	require.Equal(t, serving.QualityAgrees, out.Criterion)
	require.Len(t, s.kept["run/1"].Again, 425)
}

func TestCompareAnswers_UsesTheKeptPromptsAndKeepsTheAnswers(t *testing.T) {
	t.Parallel()
	s := newSchool("Paris")
	s.sets["g"] = setOf(300, "Paris")
	a := activities.NewQuality(s, archive{s})
	policy := serving.QualityPolicy{GoldenSet: "g"}
	require.NoError(t, run(t, a, "CollectAnswers", activities.CollectAnswersInput{Key: "run/1", Policy: policy}, nil))
	delete(s.sets, "g") // the reference has its own copy
	var out activities.CompareAnswersResult
	in := activities.CompareAnswersInput{Reference: "run/1", Key: "run/2", Policy: policy}
	require.NoError(t, run(t, a, "CompareAnswers", in, &out))
	require.Equal(t, serving.VerdictPass, out.Quality.Verdict, out.Quality.Reason)
	s.says = "Lyon"
	require.NoError(t, run(t, a, "CompareAnswers", in, &out))
	require.Equal(t, serving.VerdictFail, out.Quality.Verdict)
	require.Equal(t, "Lyon", s.kept["run/2"].Answers[0].Text, "a repeat replaces what was kept")
}

func TestQuality_WhatIsMissingIsPermanentAndAnEngineThatIsGoneIsNot(t *testing.T) {
	t.Parallel()
	s := newSchool("x")
	a := activities.NewQuality(s, archive{s})
	err := run(t, a, "CompareAnswers", activities.CompareAnswersInput{Reference: "nobody/1", Key: "run/2"}, nil)
	require.ErrorContains(t, err, "reference answers")
	requirePermanent(t, err, true)
	err = run(t, a, "CollectAnswers", activities.CollectAnswersInput{Key: "k", Policy: serving.QualityPolicy{GoldenSet: "none"}}, nil)
	requirePermanent(t, err, true)
	s.err = errors.New("connection refused")
	err = run(t, a, "CollectAnswers", activities.CollectAnswersInput{Key: "k"}, nil)
	require.ErrorContains(t, err, "connection refused")
	requirePermanent(t, err, false)
	require.Empty(t, s.kept, "half a transcript is not kept")
	err = run(t, a, "SmokeTest", activities.Server{Target: "http://x"}, nil)
	requirePermanent(t, err, false)
}

func TestCountReplicas_NoneIsAnAnswer(t *testing.T) {
	t.Parallel()
	p := &production{variants: []serving.VariantStatus{{Variant: serving.Stable, Endpoints: []string{"http://a", "http://b"}}}}
	for variant, want := range map[serving.Variant]int{serving.Stable: 2, serving.Staging: 0} {
		var out activities.CountReplicasResult
		require.NoError(t, run(t, activities.NewVariants(p), "CountReplicas", activities.CountReplicasInput{Fleet: chat, Variant: variant}, &out))
		require.Equal(t, want, out.Replicas, variant)
	}
}
