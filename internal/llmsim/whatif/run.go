package whatif

import (
	"fmt"
	"io"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// Run sends generated traffic through an engine that behaves as the model says.
func Run(m perfmodel.Model, t Traffic, seed uint64) (Report, error) {
	if err := t.check(); err != nil {
		return Report{}, err
	}
	return through(m, newGenerated(t, seed), newTally(len(t.Stages)), seed)
}

// Replay sends the requests of a trace at their own times.
func Replay(m perfmodel.Model, trace io.Reader, seed uint64) (Report, error) {
	s, err := newTraced(trace, seed)
	if err != nil {
		return Report{}, err
	}
	return through(m, s, newTally(1), seed)
}

func through(m perfmodel.Model, s source, t *tally, seed uint64) (Report, error) {
	core, err := llmsim.NewModelCore(m, seed)
	if err != nil {
		return Report{}, fmt.Errorf("engine: %w", err)
	}
	if err := drive(core, s, t); err != nil {
		return Report{}, err
	}
	r := Report{Simulated: true, KVBlocks: m.KVBlocks(), GPU: m.Settings().GPU}
	r.summarise(t)
	return r, nil
}
