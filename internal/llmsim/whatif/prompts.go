package whatif

import "github.com/optiinfra/performance-agent/internal/llmsim/sched"

// prompts makes the tokens of requests. Shared ones are made once and used again.
type prompts struct {
	input, system int // tokens
	groups        int
	seed          uint64
	pool          [][]sched.Token // empty: each prompt is new
}

func newPrompts(t Traffic, seed uint64) prompts {
	p := prompts{input: t.Input, system: int(float64(t.Input)*t.PrefixShare + 0.5), groups: t.Groups, seed: seed}
	if p.system > 0 && t.Prompts > 0 {
		p.pool = make([][]sched.Token, t.Prompts)
	}
	return p
}

// of is the prompt of the i-th request of the run. It must not be changed.
func (p *prompts) of(i int) []sched.Token {
	if len(p.pool) == 0 {
		return p.make(i)
	}
	slot := i % len(p.pool)
	if p.pool[slot] == nil {
		p.pool[slot] = p.make(slot)
	}
	return p.pool[slot]
}

// make concatenates the system prompt of a group and a question of its own.
func (p *prompts) make(i int) []sched.Token {
	out := make([]sched.Token, p.input)
	fill(out[:p.system], random{state: p.seed + uint64(i%p.groups)})
	fill(out[p.system:], random{state: ^p.seed - uint64(i)*0xd1342543de82ef95})
	return out
}

func fill(tokens []sched.Token, r random) {
	for i := range tokens {
		tokens[i] = sched.Token(r.next())
	}
}
