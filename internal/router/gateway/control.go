package gateway

import (
	"fmt"
	"slices"
	"time"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", router.ErrInvalid, fmt.Sprintf(format, args...))
}

// Traffic is the split in force and the pools that have replicas, weight or
// requests in flight.
func (g *Gateway) Traffic() serving.Traffic {
	t := g.table.Load()
	out := serving.Traffic{Weights: t.weights, Backends: []serving.Backend{}}
	for i := range t.pools {
		p := &t.pools[i]
		b := serving.Backend{Variant: p.arm.variant, Endpoints: p.raw(), InFlight: int(p.arm.inFlight.Load())}
		if len(b.Endpoints) > 0 || b.InFlight > 0 || p.share > 0 {
			out.Backends = append(out.Backends, b)
		}
	}
	return out
}

// SetWeights puts a split in force for all requests that arrive from now on.
// Repeating the split in force under its revision changes nothing and is right.
func (g *Gateway) SetWeights(w serving.Weights) error {
	if err := w.Validate(); err != nil {
		return invalid("%v", err)
	}
	g.change.Lock()
	defer g.change.Unlock()
	t := g.table.Load()
	if already, err := router.Fence(t.weights, w); already || err != nil {
		return err
	}
	for _, s := range w.Shares {
		i := lineIndex(s.Variant)
		if i < 0 {
			return invalid("variant %q is unknown", s.Variant)
		}
		if s.Percent > 0 && len(t.pools[i].endpoints) == 0 {
			return invalid("variant %s would get %d%% and has no endpoints", s.Variant, s.Percent)
		}
	}
	for _, r := range w.Rules {
		if i := lineIndex(r.Variant); i < 0 || len(t.pools[i].endpoints) == 0 {
			return invalid("variant %s would get the requests with %s: %s and has no endpoints", r.Variant, r.Header, r.Value)
		}
	}
	w.Shares, w.Rules = slices.Clone(w.Shares), slices.Clone(w.Rules)
	return g.publish(g.newTable(w, t.endpointsOf()), "weights", w)
}

// SetEndpoints makes the replicas of a variant exactly those given. A replica
// that leaves gets no new requests and finishes those it has.
func (g *Gateway) SetEndpoints(v serving.Variant, endpoints []string) error {
	i := lineIndex(v)
	if i < 0 {
		return invalid("variant %q is unknown", v)
	}
	g.change.Lock()
	defer g.change.Unlock()
	t := g.table.Load()
	next, err := t.resolve(endpoints)
	if err != nil {
		return err
	}
	if p := t.pools[i]; len(next) == 0 && len(p.endpoints) > 0 && (p.share > 0 || t.ruled(v)) {
		return fmt.Errorf("%w: %s has %d%% of the traffic or a rule, shift it away first", router.ErrInUse, v, p.share)
	}
	for _, e := range next {
		e.up() // whoever names a replica says that it serves
	}
	pools := t.endpointsOf()
	pools[v] = next
	return g.publish(g.newTable(t.weights, pools), "endpoints", v, "to", endpoints)
}

// resolve turns base URLs into endpoints, those that some pool has already into
// the same ones. A URL given twice counts once.
func (t *table) resolve(endpoints []string) ([]*endpoint, error) {
	list, err := router.ParseEndpoints(endpoints)
	if err != nil {
		return nil, err
	}
	known := map[router.Endpoint]*endpoint{}
	for _, p := range t.pools {
		for _, e := range p.endpoints {
			known[e.Endpoint] = e
		}
	}
	out := make([]*endpoint, len(list))
	for i, e := range list {
		if out[i] = known[e]; out[i] == nil {
			out[i] = &endpoint{Endpoint: e}
		}
	}
	return out, nil
}

// publish writes the state and then puts it in force; a change that is not on
// disk does not happen.
func (g *Gateway) publish(t *table, what string, args ...any) error {
	if err := g.persist(t); err != nil {
		return err
	}
	g.table.Store(t)
	g.stateErr.Store(nil)
	g.opts.Logger.Info("traffic changed: "+what, "change", args, "revision", t.weights.Revision)
	return nil
}

// presentSeconds is how late a clock may be that names the present.
const presentSeconds = 5

// Observe gives the samples that ended in [since, until) (Unix seconds) of one
// variant, or of all that have any traffic when v is empty. The window is
// reported as long as the gateway has really been watching. One that reaches the
// present tells of the requests that still run.
func (g *Gateway) Observe(v serving.Variant, since, until float64) []serving.ArmObservation {
	now := time.Now()
	began := max(since, unixSeconds(g.started))
	window := max(0, min(until, unixSeconds(now))-began)
	out := []serving.ArmObservation{}
	for _, a := range g.arms {
		if v != "" && a.variant != v {
			continue
		}
		o := a.observe(since, until, now)
		o.WindowSeconds, o.SinceUnix = window, began
		if until < unixSeconds(now)-presentSeconds {
			o.Running = nil
		}
		if v != "" || o.Requests > 0 || len(o.Running) > 0 || g.table.Load().pools[lineIndex(a.variant)].share > 0 {
			out = append(out, o)
		}
	}
	return out
}

// Counters gives the running totals of every variant that has had a request or
// has replicas. They begin anew with the gateway.
func (g *Gateway) Counters() []serving.ArmCounters {
	t := g.table.Load()
	epoch := g.started.UTC().Format(time.RFC3339Nano)
	out := []serving.ArmCounters{}
	for i, a := range g.arms {
		if c := a.count(epoch); c.Requests > 0 || len(t.pools[i].endpoints) > 0 {
			out = append(out, c)
		}
	}
	return out
}
