package haproxy

import (
	"context"
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/durable"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// SetWeights saves the split, puts it in force and reads it back. The file is
// what revisions are compared with: it is ahead of HAProxy when an earlier call
// was cut off in between, and the retry then finishes the work.
func (r *Router) SetWeights(ctx context.Context, fleet serving.Fleet, w serving.Weights) error {
	if err := checkWeights(w); err != nil {
		return err
	}
	return r.exclusively(ctx, fleet, func(c control, m shareMap) error {
		now, err := c.inForce(ctx, m)
		if err != nil {
			return err
		}
		decided, err := m.saved()
		if err != nil {
			return err
		}
		if now.Revision > decided.Revision { // the file was put back, by a person or a tool
			decided = now
		}
		already, err := router.Fence(decided, w)
		if err != nil {
			return err
		}
		if !already {
			if err := c.checkPools(ctx, w); err != nil {
				return err
			}
		}
		if err := durable.Replace(m.path, m.content(w), 0o644); err != nil {
			return fileError(err)
		}
		if now.Revision == w.Revision && now.SameSplit(w) {
			return nil
		}
		if err := c.commit(ctx, m, w); err != nil {
			return err
		}
		return c.verify(ctx, m, w)
	})
}

func checkWeights(w serving.Weights) error {
	if err := w.Validate(); err != nil {
		return invalid("%v", err)
	}
	l := line()
	for _, s := range w.Shares {
		if s.Percent > 0 && !slices.Contains(l[:], s.Variant) {
			return invalid("variant %q has no pool at HAProxy", s.Variant)
		}
	}
	return nil
}

// checkPools refuses a share for a variant without replicas.
func (c control) checkPools(ctx context.Context, w serving.Weights) error {
	for _, s := range w.Shares {
		if s.Percent == 0 {
			continue
		}
		p, err := c.readPool(ctx, s.Variant)
		if err != nil {
			return err
		}
		if len(p.endpoints()) == 0 {
			return invalid("variant %s would get %d%% and has no endpoints", s.Variant, s.Percent)
		}
	}
	return nil
}

func (c control) verify(ctx context.Context, m shareMap, w serving.Weights) error {
	now, err := c.inForce(ctx, m)
	if err != nil {
		return err
	}
	if now.Revision != w.Revision || !now.SameSplit(w) {
		return fmt.Errorf("%w: HAProxy reports %v after %v was set", router.ErrUnreachable, now, w)
	}
	return nil
}
