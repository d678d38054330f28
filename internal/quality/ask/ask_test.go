package ask_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/quality/ask"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestAnswers_SimulatedEngine_AreTheSameWhenAskedAgain(t *testing.T) {
	t.Parallel()
	url, items := simulated(t, vllmWith()...), quality.BuiltIn(40)
	a := ask.New(ask.Options{})
	first, err := a.Answers(t.Context(), url, model, items)
	require.NoError(t, err)
	again, err := a.Answers(t.Context(), url+"/v1", model, items)
	require.NoError(t, err)
	require.Equal(t, first, again)
	for i, answer := range first {
		require.Equal(t, items[i].ID, answer.Item, "answers are in the prompts' order")
		require.NotEmpty(t, answer.Tokens)
		require.Len(t, answer.LogProbs, len(answer.Tokens))
		require.Contains(t, []string{"stop", "length"}, answer.Finish)
	}
}

// The whole gate on simulated engines: rounding in FP8 passes, an engine that
// computes wrongly does not.
func TestAnswers_SimulatedEngines_GateTellsRoundingFromWrong(t *testing.T) {
	t.Parallel()
	plan := quality.Plan(serving.QualityPolicy{Margin: 0.05})
	items, a := quality.BuiltIn(plan.Prompts), ask.New(ask.Options{})
	of := func(args ...string) []serving.Answer {
		answers, err := a.Answers(t.Context(), simulated(t, args...), model, items)
		require.NoError(t, err)
		return answers
	}
	baseline := of(vllmWith()...)
	record := serving.AnswerRecord{Items: items, Answers: baseline, Again: baseline}

	fp8 := quality.Compare(plan, record, of(vllmWith("--quantization", "fp8")...))
	require.Equal(t, serving.QualityAgrees, fp8.Criterion, "simulated answers have no meaning")
	require.Equal(t, serving.VerdictPass, fp8.Verdict, fp8.Reason)
	require.Less(t, fp8.TokenAgreement, 1.0)
	require.Greater(t, fp8.TokenAgreement, 0.98)

	wrong := quality.Compare(plan, record, of(append([]string{"-fault", "wrong-output,rate=0.3"}, vllmWith()...)...))
	require.Equal(t, serving.VerdictFail, wrong.Verdict, wrong.Reason)
	require.InDelta(t, 0.7, wrong.TokenAgreement, 0.05)
}

func TestAnswers_AskGreedilyAndAFewAtATime(t *testing.T) {
	t.Parallel()
	s := &scripted{answer: func(w http.ResponseWriter, _ map[string]any) { say(w, "4 of course", "stop") }}
	url := s.start(t)
	answers, err := ask.New(ask.Options{Parallel: 3}).Answers(t.Context(), url, "m", []serving.QualityItem{
		{ID: "a", Prompt: "2+2?", MaxTokens: 5}, {ID: "b", Prompt: "2+2?"}, {ID: "c", Prompt: "2+2?"}, {ID: "d", Prompt: "2+2?"}})
	require.NoError(t, err)
	require.Equal(t, []string{"4", "of", "course"}, answers[0].Tokens, "words, where the engine tells no tokens")
	require.Empty(t, answers[0].LogProbs)
	require.LessOrEqual(t, s.most, 3)
	for _, body := range s.asked {
		require.Equal(t, 0.0, body["temperature"])
		require.Equal(t, true, body["logprobs"])
		require.Contains(t, []any{5.0, 32.0}, body["max_tokens"])
	}
}

func TestAnswers_AFailureEndsTheTranscript(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status    int
		permanent bool
	}{
		"refused": {400, true}, "broken": {500, false}, "busy": {429, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &scripted{answer: func(w http.ResponseWriter, _ map[string]any) { http.Error(w, "no such thing", tc.status) }}
			_, err := ask.New(ask.Options{}).Answers(t.Context(), s.start(t), "m", quality.BuiltIn(50))
			require.ErrorContains(t, err, "no such thing")
			require.ErrorContains(t, err, "prompt builtin-")
			require.Equal(t, tc.permanent, isPermanent(err))
			require.Less(t, s.count(), 50, "the rest is not asked")
		})
	}
}

func isPermanent(err error) bool { return strings.Contains(err.Error(), serving.ErrPermanent.Error()) }

func TestAnswers_EngineThatIsGone_AndCancellation(t *testing.T) {
	t.Parallel()
	_, err := ask.New(ask.Options{Timeout: time.Second}).Answers(t.Context(), "http://127.0.0.1:1", "m", quality.BuiltIn(3))
	require.ErrorContains(t, err, "connection refused")
	require.False(t, isPermanent(err))

	ctx, cancel := context.WithCancel(t.Context())
	s := &scripted{answer: func(w http.ResponseWriter, _ map[string]any) { cancel(); say(w, "x", "stop") }}
	_, err = ask.New(ask.Options{}).Answers(ctx, s.start(t), "m", quality.BuiltIn(50))
	require.ErrorIs(t, err, context.Canceled)
}

func TestSmoke_SimulatedEngine_CanAllButJSON(t *testing.T) {
	t.Parallel()
	checks, err := ask.New(ask.Options{}).Smoke(t.Context(), simulated(t, vllmWith()...), model)
	require.NoError(t, err)
	got := map[string]bool{}
	for _, c := range checks {
		got[c.Name] = c.OK
		require.Equal(t, c.OK, c.Detail == "", c.Detail)
	}
	require.Equal(t, map[string]bool{quality.SmokeAnswers: true, quality.SmokeStreams: true, quality.SmokeLength: true,
		quality.SmokeStop: true, quality.SmokeJSONMode: false}, got, "simulated answers have no meaning, so they are no JSON")
}

func TestSmoke_WhatAnEngineCannotDo_IsSaid(t *testing.T) {
	t.Parallel()
	s := &scripted{answer: func(w http.ResponseWriter, body map[string]any) {
		switch {
		case body["stream"] == true: // no finish reason, no end
			fmt.Fprint(w, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n")
		case body["response_format"] != nil:
			say(w, `{"colors":["red"]}`, "stop")
		default:
			say(w, "one two three four five", "stop")
		}
	}}
	checks, err := ask.New(ask.Options{}).Smoke(t.Context(), s.start(t), "m")
	require.NoError(t, err)
	said := map[string]string{}
	for _, c := range checks {
		said[c.Name] = c.Detail
	}
	require.Empty(t, said[quality.SmokeAnswers])
	require.Empty(t, said[quality.SmokeJSONMode])
	require.Contains(t, said[quality.SmokeStreams], "no finish reason")
	require.Contains(t, said[quality.SmokeLength], `not "length"`)
	require.Contains(t, said[quality.SmokeStop], "goes on beyond its stop string")
}

func TestSmoke_EngineThatIsGone_IsAnErrorAndNotAResult(t *testing.T) {
	t.Parallel()
	_, err := ask.New(ask.Options{Timeout: time.Second}).Smoke(t.Context(), "http://127.0.0.1:1", "m")
	require.Error(t, err)
	s := &scripted{answer: func(w http.ResponseWriter, _ map[string]any) { http.Error(w, "unknown model", 404) }}
	checks, err := ask.New(ask.Options{}).Smoke(t.Context(), s.start(t), "m")
	require.NoError(t, err, "an engine that refuses has answered")
	require.False(t, checks[0].OK)
	require.Contains(t, checks[0].Detail, "unknown model")
}

func TestFlush_OnlyWhereTheEngineHasARoute(t *testing.T) {
	t.Parallel()
	s := &scripted{answer: func(w http.ResponseWriter, _ map[string]any) {}}
	url, a := s.start(t), ask.New(ask.Options{})
	require.True(t, a.Flush(t.Context(), url, serving.VLLM))
	require.True(t, a.Flush(t.Context(), url, serving.SGLang))
	require.False(t, a.Flush(t.Context(), url, serving.TGI))
	require.Equal(t, []string{"POST /reset_prefix_cache", "POST /flush_cache"}, s.paths)
	require.False(t, a.Flush(t.Context(), "http://127.0.0.1:1", serving.VLLM))
	none := &scripted{answer: func(w http.ResponseWriter, _ map[string]any) { http.NotFound(w, nil) }}
	require.False(t, a.Flush(t.Context(), none.start(t), serving.VLLM))
}
