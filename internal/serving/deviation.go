package serving

import (
	"fmt"
	"strings"
)

// DeviationKind is in what production differs from its record.
type DeviationKind string

// The kinds of deviation.
const (
	DeviatingWeights  DeviationKind = "weights"  // traffic is split and no rollout is open
	DeviatingVariant  DeviationKind = "variant"  // replicas run that nobody owns
	DeviatingFlags    DeviationKind = "flags"    // stable runs other flags than recorded
	DeviatingReplicas DeviationKind = "replicas" // stable has fewer replicas than recorded
)

// Deviation is one way in which production is not as its record says although
// nobody is changing it.
type Deviation struct {
	Kind    DeviationKind `json:"kind"`
	Variant Variant       `json:"variant,omitempty"`
	Detail  string        `json:"detail"`
}

// Key tells one deviation from another over several looks.
func (d Deviation) Key() string {
	return string(d.Kind) + "|" + string(d.Variant) + "|" + d.Detail
}

// Ownership says who may be changing a fleet now.
type Ownership struct {
	Rollout bool `json:"rollout"` // a rollout is open: weights, canary, baseline and stable are its business
	Run     bool `json:"run"`     // a run is open: staging is its business
	// Abandoned is the last rollout when it ended without compensating.
	Abandoned *Abandoned `json:"abandoned,omitempty"`
}

// Abandoned is a rollout that was ended from outside, so that it could take
// nothing back.
type Abandoned struct {
	RolloutID string  `json:"rollout_id"`
	How       string  `json:"how"` // for example "terminated by ana: wrong fleet"
	AtUnix    float64 `json:"at_unix"`
}

// Observed is production at one look. Described is false when the variants were
// not looked at, or could not be.
type Observed struct {
	Traffic   Traffic
	Running   []VariantStatus
	Described bool
	// Revealed is what stable's engines say of themselves, by their own keys.
	Revealed map[string]string
}

// Suspicious reports that production is not simply stable as recorded, so that
// it is worth asking who owns it.
func (f Fleet) Suspicious(o Observed) bool { return len(f.Deviations(o, Ownership{})) > 0 }

// Deviations are all ways in which production is not as the record says and that
// no owner accounts for, in a fixed order.
func (f Fleet) Deviations(o Observed, owner Ownership) []Deviation {
	var out []Deviation
	if !owner.Rollout && !o.Traffic.Weights.SameSplit(AllStable(0)) {
		out = append(out, Deviation{Kind: DeviatingWeights, Detail: "traffic is split " + o.Traffic.Weights.describe()})
	}
	if o.Described {
		out = append(out, f.orphans(o, owner)...)
	}
	if owner.Rollout {
		return out
	}
	if o.Described {
		out = append(out, f.stableDeviations(o)...)
	}
	return append(out, f.revealedDeviations(o)...)
}

func (f Fleet) orphans(o Observed, owner Ownership) []Deviation {
	var out []Deviation
	for _, s := range o.Running {
		owned := owner.Rollout
		if s.Variant == Staging {
			owned = owner.Run
		}
		if s.Variant == Stable || owned {
			continue
		}
		out = append(out, Deviation{Kind: DeviatingVariant, Variant: s.Variant,
			Detail: fmt.Sprintf("%d replicas of %s run and nobody owns them", len(s.Endpoints), s.Variant)})
	}
	return out
}

// stableDeviations holds what the provisioner launched to the record. A fleet
// whose replicas somebody else runs has nothing to hold.
func (f Fleet) stableDeviations(o Observed) []Deviation {
	if len(f.Endpoints) > 0 {
		return nil
	}
	var out []Deviation
	whole := 0
	for _, s := range o.Running {
		switch {
		case s.Variant != Stable:
		case s.Config.Equal(f.Config):
			whole += len(s.Endpoints)
		default:
			out = append(out, Deviation{Kind: DeviatingFlags, Variant: Stable,
				Detail: fmt.Sprintf("%d replicas of stable run %s", len(s.Endpoints), DescribeChanges(Diff(f.Config, s.Config)))})
		}
	}
	if whole < f.Replicas && len(out) == 0 {
		out = append(out, Deviation{Kind: DeviatingReplicas, Variant: Stable,
			Detail: fmt.Sprintf("stable has %d of %d replicas", whole, f.Replicas)})
	}
	return out
}

// revealedDeviations holds what stable's engines say of themselves to the record.
func (f Fleet) revealedDeviations(o Observed) []Deviation {
	var out []Deviation
	for _, detail := range f.Config.Contradicted(o.Revealed) {
		out = append(out, Deviation{Kind: DeviatingFlags, Variant: Stable, Detail: "an engine of stable says that " + detail})
	}
	return out
}

// DescribeChanges is a difference of configurations in a person's words.
func DescribeChanges(changes []FlagChange) string {
	var parts []string
	for _, c := range changes {
		switch {
		case c.From == nil:
			parts = append(parts, strings.TrimSpace(c.Flag+" "+*c.To))
		case c.To == nil:
			parts = append(parts, "without "+c.Flag)
		default:
			parts = append(parts, fmt.Sprintf("%s %s -> %s", c.Flag, *c.From, *c.To))
		}
	}
	if len(parts) == 0 {
		return "no change"
	}
	return strings.Join(parts, ", ")
}

// describe is the split in a person's words, without its revision.
func (w Weights) describe() string {
	parts := make([]string, 0, len(w.Shares))
	for _, s := range w.Shares {
		parts = append(parts, fmt.Sprintf("%s %d%%", s.Variant, s.Percent))
	}
	return strings.Join(parts, ", ")
}

// Repairs says whether the policy wants the agent to mend what deviates.
func (p ChangePolicy) Repairs(list []Deviation) bool {
	switch p.RepairDrift {
	case ReportDrift:
		return false
	case RepairDrift:
		return len(list) > 0
	}
	for _, d := range list {
		if d.Kind == DeviatingWeights || d.Kind == DeviatingVariant {
			return true
		}
	}
	return false
}
