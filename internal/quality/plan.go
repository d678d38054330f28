package quality

import (
	"fmt"
	"math"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Defaults of a plan. A two-point margin is what published FP8 recoveries stay
// within (field.md 4.11: 99.3% of Llama-3-8B's score); the discordance is of
// their order: on one answer in fifty the two differ, half of them either way.
const (
	DefaultMargin      = 0.02
	defaultAlpha       = 0.05
	defaultPower       = 0.8
	defaultDiscordance = 0.02
)

// MostPrompts bounds a sample: beyond it a check takes longer than a load test.
const MostPrompts = 5000

// leastPlanned keeps a wide margin from making a sample on which one answer is
// several points (field.md 4.11: a gate of twenty prompts was closed as noise).
const leastPlanned = 100

// planFormula is shown with every plan. The first term is the sample size of the
// score test of non-inferiority for pairs (Nam 1997) if the two sides are equal:
// s1^2 is the discordance, and s0^2 the variance that the test assumes at a loss
// of the margin (nullVariance). The second is the least sample that excludes a
// loss of the margin when no pair differs, the third leastPlanned.
const planFormula = "max( ((z(1-alpha)*s0 + z(power)*s1) / margin)^2 , ln(alpha) / ln(1-margin), 100 )"

// Plan is the sample that shows non-inferiority within the policy's margin with
// the planned power, or the one the policy asks for.
func Plan(p serving.QualityPolicy) serving.QualityPlan {
	plan := serving.QualityPlan{Margin: p.Margin, Alpha: defaultAlpha, Power: defaultPower,
		Discordance: defaultDiscordance, Formula: planFormula}
	if plan.Margin <= 0 {
		plan.Margin = DefaultMargin
	}
	s0 := math.Sqrt(nullVariance(plan.Discordance/2, plan.Discordance/2, plan.Margin))
	reach := judge.NormalQuantile(1-plan.Alpha)*s0 + judge.NormalQuantile(plan.Power)*math.Sqrt(plan.Discordance)
	n := max(math.Ceil(math.Pow(reach/plan.Margin, 2)), float64(leastPrompts(plan.Margin)), leastPlanned)
	plan.Prompts = int(min(n, MostPrompts))
	if p.Samples > 0 {
		plan.Prompts = p.Samples
		plan.Formula = "as the policy says"
	}
	return plan
}

// leastPrompts is how many prompts it takes to exclude a loss of the margin when
// the candidate loses none: a smaller sample can never pass.
func leastPrompts(margin float64) int {
	return int(math.Ceil(math.Log(defaultAlpha) / math.Log1p(-margin)))
}

// Validate names the field of a policy that is wrong and how to mend it. golden
// is the size of its golden set, 0 for none.
func Validate(p serving.QualityPolicy, golden int) error {
	margin := Plan(p).Margin
	least := leastPrompts(margin)
	switch {
	case !(p.Margin >= 0 && p.Margin <= 0.2):
		return fmt.Errorf("margin: %g must be within 0..0.2; 0.02 is the default", p.Margin)
	case p.Samples < 0 || p.Samples > MostPrompts:
		return fmt.Errorf("samples: %d must be within 0..%d; leave it out for the planned number", p.Samples, MostPrompts)
	case p.Samples > 0 && p.Samples < least:
		return fmt.Errorf("samples: %d prompts cannot show that less than %g is lost, even if none is; give at least %d or a greater margin", p.Samples, margin, least)
	case golden > 0 && golden < least:
		return fmt.Errorf("golden_jsonl: %d prompts cannot show that less than %g is lost, even if none is; give at least %d or a greater margin", golden, margin, least)
	}
	return nil
}
