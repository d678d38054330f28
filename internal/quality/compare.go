package quality

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// mostExamples is how many lost prompts a verdict names.
const mostExamples = 5

// Compare judges a candidate's answers against the baseline's on the same
// prompts, in the same order. An answer that is missing is a bad one.
func Compare(plan serving.QualityPlan, baseline serving.AnswerRecord, candidate []serving.Answer) serving.Quality {
	q := serving.Quality{Plan: plan, Prompts: len(baseline.Items), Criterion: CriterionOf(baseline.Items, baseline.Answers)}
	if q.Prompts == 0 || len(baseline.Answers) < q.Prompts || q.Criterion == serving.QualityAgrees && len(baseline.Again) < q.Prompts {
		q.Verdict, q.Reason = serving.VerdictInsufficientData, "the baseline's answers are incomplete, so there is nothing to compare with"
		return q
	}
	likeness(&q, baseline.Answers, candidate)
	pairs := pair(&q, baseline, candidate)
	q.Loss, q.LossUpper = pairs.Loss(), pairs.LossUpper(plan.Alpha)
	q.McNemarP, q.NonInferiorityP = pairs.McNemar(), pairs.NonInferiority(plan.Margin)
	q.Verdict, q.Reason = verdict(q)
	return q
}

// likeness fills in how like the answers are, whatever is right.
func likeness(q *serving.Quality, baseline, candidate []serving.Answer) {
	same, shifted, tokens := 0, 0.0, 0
	for i, b := range baseline {
		c := at(candidate, i)
		if b.Text == c.Text {
			same++
		}
		q.TokenAgreement += agreement(b, c) / float64(len(baseline))
		sum, n := shift(b, c)
		shifted, tokens = shifted+sum, tokens+n
	}
	q.ExactMatch = float64(same) / float64(len(baseline))
	if tokens > 0 {
		q.LogProbShift = serving.Known(shifted / float64(tokens))
	}
}

// pair counts the good answers of both sides.
func pair(q *serving.Quality, baseline serving.AnswerRecord, candidate []serving.Answer) Pairs {
	for i, item := range baseline.Items {
		first, c := baseline.Answers[i], at(candidate, i)
		before, after := correct(item, first), correct(item, c)
		if q.Criterion == serving.QualityAgrees {
			before, after = agreement(first, baseline.Again[i]) >= agreeing, agreement(first, c) >= agreeing
		}
		if before {
			q.BaselineGood++
		}
		if after {
			q.CandidateGood++
		}
		switch {
		case before && !after:
			q.Lost++
			if len(q.Differs) < mostExamples {
				q.Differs = append(q.Differs, item.ID)
			}
		case after && !before:
			q.Gained++
		}
	}
	return Pairs{N: q.Prompts, Lost: q.Lost, Gained: q.Gained}
}

func at(answers []serving.Answer, i int) serving.Answer {
	if i < len(answers) {
		return answers[i]
	}
	return serving.Answer{}
}

// verdict is pass only where non-inferiority is shown. A baseline that hardly
// agrees with itself cannot show anything either way.
func verdict(q serving.Quality) (serving.Verdict, string) {
	what := fmt.Sprintf("%d of %d prompts are lost and %d gained (%s; loss %.1f%%, at most %.1f%% with %.0f%% confidence; margin %.1f%%, exact non-inferiority p=%.2g, McNemar p=%.2g)",
		q.Lost, q.Prompts, q.Gained, criterionWords(q.Criterion), 100*q.Loss, 100*q.LossUpper, 100*(1-q.Plan.Alpha), 100*q.Plan.Margin, q.NonInferiorityP, q.McNemarP)
	switch {
	case float64(q.BaselineGood) < leastKnown*float64(q.Prompts):
		return serving.VerdictInconclusive, fmt.Sprintf("the baseline gives the same answer twice on %d of %d prompts only, so a candidate cannot be held to it: %s", q.BaselineGood, q.Prompts, what)
	case q.NonInferiorityP <= q.Plan.Alpha:
		return serving.VerdictPass, "answers are as good as the baseline's: " + what
	case q.Loss > q.Plan.Margin && q.McNemarP <= q.Plan.Alpha:
		return serving.VerdictFail, "answers are worse than the baseline's: " + what
	}
	return serving.VerdictInconclusive, fmt.Sprintf("answers are not shown to be as good as the baseline's on %d prompts (planned %d): %s", q.Prompts, q.Plan.Prompts, what)
}

func criterionWords(c serving.QualityCriterion) string {
	if c == serving.QualityCorrect {
		return "right answers"
	}
	return "answers that agree with the baseline's"
}
