package provision

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// convergence is one Ensure at work, under the variant's lock.
type convergence struct {
	p    *Process
	spec serving.VariantSpec

	mu      sync.Mutex
	serving []record // replicas of the new configuration that serve
	slowest float64  // seconds from launch to serving
}

// run takes the variant from whatever is there to what is wanted.
func (c *convergence) run(ctx context.Context) error {
	kept, others, err := c.survey(ctx)
	if err != nil {
		return err
	}
	if surplus := len(kept) - c.spec.Replicas; surplus > 0 {
		others = append(others, kept[c.spec.Replicas:]...)
		kept = kept[:c.spec.Replicas]
	}
	if err := c.adopt(ctx, kept); err != nil {
		return err
	}
	for len(others) > 0 && len(c.serving) < c.wanted() {
		if err := c.replace(ctx, others[0]); err != nil {
			return err
		}
		others = others[1:]
	}
	if c.wanted() < c.spec.Replicas {
		if left := c.spec.Replicas - len(c.serving); len(others) > left {
			return c.p.stopAll(ctx, others[left:])
		}
		return nil
	}
	if err := c.startMissing(ctx, others); err != nil {
		return err
	}
	return c.p.stopAll(ctx, others)
}

// wanted is how many replicas are to run the new configuration when this call
// returns. While it is not all of them, the others are left alone.
func (c *convergence) wanted() int {
	if c.spec.Updated > 0 {
		return min(c.spec.Updated, c.spec.Replicas)
	}
	return c.spec.Replicas
}

// survey sorts the living replicas into those with the wanted configuration and
// the others, and clears away the records and remains of the dead.
func (c *convergence) survey(ctx context.Context) (kept, others []record, err error) {
	records, err := c.p.dir.records(c.spec.Fleet, c.spec.Variant)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range records {
		r, alive, err := c.p.complete(r)
		switch {
		case err != nil:
			return nil, nil, err
		case !alive:
			if err := c.p.stop(ctx, r, 0); err != nil {
				return nil, nil, err
			}
		case r.Config.Equal(c.spec.Config):
			kept = append(kept, r)
		default:
			others = append(others, r)
		}
	}
	return kept, others, nil
}

// adopt waits until replicas that an earlier call started serve: it may have
// been cut off while they were starting. One that served once and does not any
// more is stopped by the wait and then counts as missing.
func (c *convergence) adopt(ctx context.Context, kept []record) error {
	return each(kept, func(r record) error {
		err := c.await(ctx, child{record: r})
		if r.ReadyUnix != 0 && errors.Is(err, ErrStartFailed) {
			c.p.opts.Logger.Warn("replica stopped serving and is started anew", "replica", r.String(), "error", err)
			return nil
		}
		return err
	})
}

// replace stops one replica and starts a new one in its place. The old one goes
// first, because it holds the accelerator that the new one needs.
func (c *convergence) replace(ctx context.Context, old record) error {
	if err := c.p.stop(ctx, old, c.p.opts.StopGrace); err != nil {
		return err
	}
	return c.start(ctx, old.Replica)
}

// startMissing starts what is still wanted, all together: loading a model takes
// minutes.
func (c *convergence) startMissing(ctx context.Context, others []record) error {
	var numbers []int
	for n := 0; len(c.serving)+len(numbers) < c.spec.Replicas; n++ {
		if !holds(c.serving, n) && !holds(others, n) {
			numbers = append(numbers, n)
		}
	}
	return each(numbers, func(n int) error { return c.start(ctx, n) })
}

func holds(records []record, number int) bool {
	return slices.ContainsFunc(records, func(r record) bool { return r.Replica == number })
}

// portAttempts is how often a start is tried anew because its port was taken.
// More than a few in a row is no race.
const portAttempts = 4

func (c *convergence) start(ctx context.Context, number int) error {
	for attempt := 1; ; attempt++ {
		ch, err := c.p.launch(ctx, c.spec, number)
		if err != nil {
			return err
		}
		err = c.await(ctx, ch)
		if !errors.Is(err, errPortLost) || attempt == portAttempts {
			return err
		}
		c.p.opts.Logger.Warn("port was taken, trying another", "replica", ch.record.String())
	}
}

// await waits until the replica serves; one that does not is stopped, so that no
// failure leaves a process behind.
func (c *convergence) await(ctx context.Context, ch child) error {
	ready, err := c.p.awaitServing(ctx, ch)
	if err != nil {
		// The call may have been cancelled; the process must go all the same. It
		// has nothing to drain.
		return errors.Join(err, c.p.stop(context.WithoutCancel(ctx), ch.record, abortGrace))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serving = append(c.serving, ready)
	c.slowest = max(c.slowest, ready.ReadyUnix-ready.LaunchedUnix)
	return nil
}

func (c *convergence) status() serving.VariantStatus {
	slices.SortFunc(c.serving, func(a, b record) int { return a.Replica - b.Replica })
	s := serving.VariantStatus{Fleet: c.spec.Fleet, Variant: c.spec.Variant, Config: c.spec.Config, ReadySeconds: c.slowest}
	for _, r := range c.serving {
		s.Endpoints = append(s.Endpoints, r.endpoint())
	}
	return s
}

// each runs f for all items at once and joins the errors.
func each[T any](items []T, f func(T) error) error {
	errs := make([]error, len(items))
	var wg sync.WaitGroup
	for i, item := range items {
		wg.Go(func() { errs[i] = f(item) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
