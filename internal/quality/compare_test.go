package quality_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// said is an answer of words with a log probability of -0.5 each.
func said(text string) serving.Answer {
	a := serving.Answer{Text: text, Tokens: strings.Fields(text), Finish: "stop"}
	for range a.Tokens {
		a.LogProbs = append(a.LogProbs, -0.5)
	}
	return a
}

// asked are n prompts of which the answer "n" is right, and answers of which the
// first so many are wrong.
func asked(n, wrong int) ([]serving.QualityItem, []serving.Answer) {
	items, answers := make([]serving.QualityItem, n), make([]serving.Answer, n)
	for i := range n {
		items[i] = serving.QualityItem{ID: fmt.Sprint(i), Prompt: "?", Expected: fmt.Sprint(i)}
		answers[i] = said(fmt.Sprint(i))
		if i < wrong {
			answers[i] = said("wrong")
		}
	}
	return items, answers
}

func compare(n, baselineWrong, candidateWrong int) serving.Quality {
	items, baseline := asked(n, baselineWrong)
	_, candidate := asked(n, candidateWrong)
	return quality.Compare(quality.Plan(serving.QualityPolicy{}), serving.AnswerRecord{Items: items, Answers: baseline}, candidate)
}

func TestCompare_SameAnswers_Pass(t *testing.T) {
	t.Parallel()
	q := compare(310, 10, 10)
	require.Equal(t, serving.VerdictPass, q.Verdict, q.Reason)
	require.Equal(t, serving.QualityCorrect, q.Criterion)
	require.Equal(t, [2]int{300, 300}, [2]int{q.BaselineGood, q.CandidateGood})
	require.Equal(t, 1.0, q.ExactMatch)
	require.InDelta(t, 1, q.TokenAgreement, 1e-9)
	require.Equal(t, serving.Known(0), q.LogProbShift)
}

func TestCompare_WorseAnswers_FailWithTheNumbers(t *testing.T) {
	t.Parallel()
	q := compare(310, 0, 31)
	require.Equal(t, serving.VerdictFail, q.Verdict)
	require.Equal(t, 31, q.Lost)
	require.InDelta(t, 0.1, q.Loss, 1e-9)
	require.Len(t, q.Differs, 5)
	require.Contains(t, q.Reason, "31 of 310 prompts are lost and 0 gained")
	require.Contains(t, q.Reason, "margin 2.0%")
}

// A gate that passes what it cannot see is no gate.
func TestCompare_TooFewPrompts_IsInconclusiveThoughNothingDiffers(t *testing.T) {
	t.Parallel()
	q := compare(40, 0, 0)
	require.Equal(t, serving.VerdictInconclusive, q.Verdict)
	require.Contains(t, q.Reason, "on 40 prompts (planned 425)")
}

func TestCompare_BetterAnswers_Pass(t *testing.T) {
	t.Parallel()
	q := compare(310, 60, 0)
	require.Equal(t, serving.VerdictPass, q.Verdict)
	require.Equal(t, 60, q.Gained)
	require.Negative(t, q.Loss)
}

func TestCompare_MissingAnswers_AreBadOnes(t *testing.T) {
	t.Parallel()
	items, baseline := asked(310, 0)
	record := serving.AnswerRecord{Items: items, Answers: baseline}
	plan := quality.Plan(serving.QualityPolicy{})
	require.Equal(t, serving.VerdictFail, quality.Compare(plan, record, baseline[:250]).Verdict)
	require.Equal(t, serving.VerdictFail, quality.Compare(plan, record, nil).Verdict)
	record.Answers = baseline[:300]
	require.Equal(t, serving.VerdictInsufficientData, quality.Compare(plan, record, baseline).Verdict)
	require.Equal(t, serving.VerdictInsufficientData, quality.Compare(plan, serving.AnswerRecord{}, nil).Verdict)
}

// twenty is an answer of twenty words, of which the first so many are spoilt.
func twenty(i, spoilt int) serving.Answer {
	words := make([]string, 20)
	for k := range words {
		words[k] = fmt.Sprintf("w%d-%d", i, k)
		if k < spoilt {
			words[k] = "x"
		}
	}
	return said(strings.Join(words, " "))
}

// open are prompts that do not say what is right.
func open(n int, of func(i int) int) (items []serving.QualityItem, answers []serving.Answer) {
	for i := range n {
		items = append(items, serving.QualityItem{ID: fmt.Sprint(i), Prompt: "?"})
		answers = append(answers, twenty(i, of(i)))
	}
	return items, answers
}

func TestCompare_NothingIsRight_HoldsTheCandidateToWhatTheBaselineSays(t *testing.T) {
	t.Parallel()
	exact := func(int) int { return 0 }
	items, baseline := open(310, exact)
	record := serving.AnswerRecord{Items: items, Answers: baseline, Again: baseline}
	plan := quality.Plan(serving.QualityPolicy{})

	_, slips := open(310, func(i int) int { return i % 2 }) // one token in forty
	q := quality.Compare(plan, record, slips)
	require.Equal(t, serving.VerdictPass, q.Verdict, q.Reason)
	require.Equal(t, serving.QualityAgrees, q.Criterion)
	require.InDelta(t, 0.975, q.TokenAgreement, 1e-9)
	require.InDelta(t, 0.5, q.ExactMatch, 1e-9)

	_, wrong := open(310, func(int) int { return 5 })
	q = quality.Compare(plan, record, wrong)
	require.Equal(t, serving.VerdictFail, q.Verdict)
	require.InDelta(t, 0.75, q.TokenAgreement, 1e-9)

	record.Again = nil
	require.Equal(t, serving.VerdictInsufficientData, quality.Compare(plan, record, slips).Verdict, "what the baseline does itself is not known")
}

// An engine that is not deterministic must not be held to more than it does
// itself; one that is random cannot be held to anything.
func TestCompare_BaselineThatDiffersFromItself(t *testing.T) {
	t.Parallel()
	plan := quality.Plan(serving.QualityPolicy{})
	every := func(n, off int) func(int) int {
		return func(i int) int {
			if (i+off)%n == 0 {
				return 10
			}
			return 0
		}
	}
	items, baseline := open(2000, func(int) int { return 0 })
	_, again := open(2000, every(50, 0))
	_, candidate := open(2000, every(50, 7))
	q := quality.Compare(plan, serving.AnswerRecord{Items: items, Answers: baseline, Again: again}, candidate)
	require.Equal(t, serving.VerdictPass, q.Verdict, q.Reason)
	require.Equal(t, [2]int{40, 40}, [2]int{q.Lost, q.Gained})

	_, random := open(2000, func(int) int { return 10 })
	q = quality.Compare(plan, serving.AnswerRecord{Items: items, Answers: baseline, Again: random}, random)
	require.Equal(t, serving.VerdictInconclusive, q.Verdict)
	require.Contains(t, q.Reason, "the same answer twice on 0 of 2000")
}

func TestCompare_LogProbShift_CountsTheTokensBeforeTheFirstDifference(t *testing.T) {
	t.Parallel()
	items, baseline := asked(1, 0)
	baseline[0] = said("a b c")
	candidate := said("a b x")
	candidate.LogProbs = []float64{-0.6, -0.7, -9}
	record := serving.AnswerRecord{Items: items, Answers: baseline, Again: baseline}
	plan := quality.Plan(serving.QualityPolicy{})
	shift, known := quality.Compare(plan, record, []serving.Answer{candidate}).LogProbShift.Get()
	require.True(t, known)
	require.InDelta(t, -0.15, shift, 1e-9)
	candidate.LogProbs = nil
	require.False(t, quality.Compare(plan, record, []serving.Answer{candidate}).LogProbShift.IsKnown())
}

func TestRegression_OnlyWhatTheBaselineCan(t *testing.T) {
	t.Parallel()
	ok := func(name string, ok bool) serving.SmokeCheck {
		return serving.SmokeCheck{Name: name, OK: ok, Detail: "d"}
	}
	base := []serving.SmokeCheck{ok(quality.SmokeAnswers, true), ok(quality.SmokeStreams, true), ok(quality.SmokeJSONMode, false)}
	_, bad := quality.Regression(base, base)
	require.False(t, bad, "JSON mode is missing on both")
	why, bad := quality.Regression(base, []serving.SmokeCheck{ok(quality.SmokeAnswers, true), ok(quality.SmokeStreams, false)})
	require.True(t, bad)
	require.Contains(t, why, `"streams" fails: d`)
	_, bad = quality.Regression(nil, []serving.SmokeCheck{ok(quality.SmokeAnswers, false)})
	require.True(t, bad, "a baseline must answer")
	_, bad = quality.Regression(nil, base)
	require.False(t, bad)
}

func TestGated_EveryClassThatMayChangeAnswers(t *testing.T) {
	t.Parallel()
	for risk, want := range map[serving.RiskClass]bool{serving.RiskCheap: false, serving.RiskNumerics: true,
		serving.RiskNewWeights: true, serving.RiskGPUSurge: true, "": true} {
		require.Equal(t, want, quality.Gated(risk), risk)
	}
}
