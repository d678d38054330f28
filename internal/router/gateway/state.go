package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/optiinfra/performance-agent/internal/durable"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// state is the content of the state file.
type state struct {
	Weights serving.Weights              `json:"weights"`
	Pools   map[serving.Variant][]string `json:"pools"`
}

// persist replaces the state file in one step, so that a crash leaves the old
// one or the new one and never half of one.
func (g *Gateway) persist(t *table) error {
	if g.opts.StateFile == "" {
		return nil
	}
	s := state{Weights: t.weights, Pools: map[serving.Variant][]string{}}
	for i := range t.pools {
		if p := &t.pools[i]; len(p.endpoints) > 0 {
			s.Pools[p.arm.variant] = p.raw()
		}
	}
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encode gateway state: %w", err)
	}
	return durable.Replace(g.opts.StateFile, content, 0o600)
}

// restore puts the saved state in force. A file that cannot be used is set aside
// for a person to look at.
func (g *Gateway) restore() error {
	if g.opts.StateFile == "" {
		return nil
	}
	content, err := os.ReadFile(g.opts.StateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = g.load(content)
	}
	if err != nil {
		aside := g.opts.StateFile + ".unusable"
		err = errors.Join(fmt.Errorf("gateway state set aside as %s: %w", aside, err), os.Rename(g.opts.StateFile, aside))
		g.opts.Logger.Error("state lost, starting empty", "error", err)
	}
	return err
}

func (g *Gateway) load(content []byte) error {
	var s state
	if err := json.Unmarshal(content, &s); err != nil {
		return err
	}
	if err := s.Weights.Validate(); err != nil {
		return err
	}
	t := g.table.Load()
	pools := map[serving.Variant][]*endpoint{}
	for _, v := range line() {
		endpoints, err := t.resolve(s.Pools[v])
		if err != nil {
			return err
		}
		pools[v] = endpoints
		t = g.newTable(s.Weights, pools) // so that a replica in two pools is one
	}
	g.table.Store(t)
	return nil
}
