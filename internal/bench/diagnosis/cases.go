package diagnosis

import "fmt"

// Variations drawn for each plant, beside the plant as it is written.
const drawn = 2

// spreadOfDraws is how far a drawn load or length lies from the written one, at
// most: enough that no figure repeats, not enough to leave the condition.
const spreadOfDraws = 0.15

// Cases are all plants of the conditions as written and as drawn from the seed.
func Cases(conditions []Condition, seed uint64) []Case {
	var out []Case
	r := random{state: seed}
	for _, c := range conditions {
		for i, p := range c.Plants {
			name := fmt.Sprintf("%s/%s/%d", c.Engine, c.Name, i)
			out = append(out, Case{Condition: c, Plant: p, Name: name, Seed: r.next()})
			for n := range drawn {
				out = append(out, Case{Condition: c, Plant: vary(p, &r), Name: fmt.Sprintf("%s/drawn-%d", name, n), HeldOut: true, Seed: r.next()})
			}
		}
	}
	return out
}

// vary changes what a day changes by itself: load and lengths.
func vary(p Plant, r *random) Plant {
	factor := func() float64 { return 1 + spreadOfDraws*(2*r.uniform()-1) }
	p.Load *= factor()
	p.Rate *= factor()
	p.Prompt.Mean *= factor()
	p.Output.Mean *= factor()
	p.Shared = min(p.Shared*factor(), 0.95)
	return p
}
