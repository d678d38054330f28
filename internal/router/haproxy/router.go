package haproxy

import (
	"context"
	"fmt"
	"net"
	"path/filepath"

	"github.com/optiinfra/performance-agent/internal/durable"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Kind is the kind of this router in a fleet's record.
const Kind = "haproxy"

// Router speaks to the HAProxy that fleet.Router.Address names; see CheckAddress.
type Router struct{ dial Dial }

// New reaches sockets by dial, nil for the system's.
func New(dial Dial) *Router {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &Router{dial: dial}
}

func (r *Router) at(fleet serving.Fleet) (control, error) {
	p, err := parsePlace(fleet)
	if err != nil {
		return control{}, invalid("%v", err)
	}
	return control{dial: r.dial, place: p}, nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", router.ErrInvalid, fmt.Sprintf(format, args...))
}

// Traffic reads the split in force and the pools.
func (r *Router) Traffic(ctx context.Context, fleet serving.Fleet) (serving.Traffic, error) {
	c, err := r.at(fleet)
	if err != nil {
		return serving.Traffic{}, err
	}
	m, err := c.findMap(ctx)
	if err != nil {
		return serving.Traffic{}, err
	}
	w, err := c.inForce(ctx, m)
	if err != nil {
		return serving.Traffic{}, err
	}
	pools, err := c.readPools(ctx)
	if err != nil {
		return serving.Traffic{}, err
	}
	out := serving.Traffic{Weights: w, Backends: []serving.Backend{}}
	for _, v := range line() {
		b := serving.Backend{Variant: v, Endpoints: pools[v].endpoints(), InFlight: busy(pools[v].own)}
		if v == serving.Stable {
			for _, p := range pools {
				b.InFlight += busy(p.fallback)
			}
		}
		if len(b.Endpoints) > 0 || b.InFlight > 0 || w.Of(v) > 0 {
			out.Backends = append(out.Backends, b)
		}
	}
	return out, nil
}

func (c control) readPools(ctx context.Context) (map[serving.Variant]pool, error) {
	out := map[serving.Variant]pool{}
	for _, v := range line() {
		p, err := c.readPool(ctx, v)
		if err != nil {
			return nil, err
		}
		out[v] = p
	}
	return out, nil
}

// Observe is for routers with a log.
func (r *Router) Observe(context.Context, serving.Fleet, float64, float64) ([]serving.ArmObservation, error) {
	return nil, fmt.Errorf("haproxy: %w", router.ErrNoSamples)
}

// exclusively runs a change while no other worker of this host makes one.
func (r *Router) exclusively(ctx context.Context, fleet serving.Fleet, f func(c control, m shareMap) error) error {
	c, err := r.at(fleet)
	if err != nil {
		return err
	}
	m, err := c.findMap(ctx)
	if err != nil {
		return err
	}
	unlock, err := durable.Lock(ctx, filepath.Join(filepath.Dir(m.path), "agent.lock"))
	if err != nil {
		return fileError(err)
	}
	defer unlock()
	return f(c, m)
}
