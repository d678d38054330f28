package diagnosis

import "fmt"

// drawn is the number of variations of each plant, beside the plant as it is
// written.
const drawn = 1

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

// slowestHost is the greatest factor by which a drawn host is slower than the
// model: real fleets run at 0.6 to 1.0 of its speed (perfmodel.md, known gaps),
// and at less than 0.7 half of a load that the model calls light is none.
const slowestHost = 1.4

// vary changes what differs by itself from day to day and place to place: load,
// lengths and the speed of the host.
func vary(p Plant, r *random) Plant {
	factor := func() float64 { return 1 + spreadOfDraws*(2*r.uniform()-1) }
	p.Load *= factor()
	p.Rate *= factor()
	p.Prompt.Mean *= factor()
	p.Output.Mean *= factor()
	p.Slower = 1 + (slowestHost-1)*r.uniform()
	p.Shared = min(p.Shared*factor(), 0.95)
	return p
}
