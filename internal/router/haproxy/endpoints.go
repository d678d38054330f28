package haproxy

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// SetEndpoints fills the slots of a variant with exactly these replicas, and
// those of stable into the fallbacks of the other pools as well. Requests that
// run on a replica which leaves are not cut.
func (r *Router) SetEndpoints(ctx context.Context, fleet serving.Fleet, v serving.Variant, endpoints []string) error {
	if l := line(); !slices.Contains(l[:], v) {
		return invalid("variant %q has no pool at HAProxy", v)
	}
	wanted, err := addresses(endpoints)
	if err != nil {
		return err
	}
	return r.exclusively(ctx, fleet, func(c control, m shareMap) error {
		pools, err := c.readPools(ctx)
		if err != nil {
			return err
		}
		if err := c.checkInUse(ctx, m, v, pools[v], wanted); err != nil {
			return err
		}
		changes, ok := arrange(pools[v].own, wanted)
		if !ok {
			return invalid("pool %s has %d slots in HAProxy's configuration, %d are needed", c.place.pools[v], len(pools[v].own), len(wanted))
		}
		if v == serving.Stable {
			changes = append(changes, fallbacks(pools, wanted)...)
		}
		for _, change := range changes {
			if err := c.apply(ctx, change); err != nil {
				return err
			}
		}
		if err := c.saveServers(ctx, m); err != nil {
			return err
		}
		return c.verifyPool(ctx, v, wanted)
	})
}

// addresses are host and port of the replicas. HAProxy takes IP addresses here,
// and speaks plain HTTP to a slot.
func addresses(endpoints []string) ([]string, error) {
	list, err := router.ParseEndpoints(endpoints)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(list))
	for i, e := range list {
		at, err := netip.ParseAddrPort(e.Host)
		if err != nil || e.Scheme != "http" {
			return nil, invalid("endpoint %q must be http:// with an IP address and a port: HAProxy's slots take no names and no TLS", e)
		}
		out[i] = at.String()
	}
	return out, nil
}

func (c control) checkInUse(ctx context.Context, m shareMap, v serving.Variant, p pool, wanted []string) error {
	if len(wanted) > 0 || len(p.endpoints()) == 0 {
		return nil
	}
	now, err := c.inForce(ctx, m)
	if err != nil {
		return err
	}
	if share := now.Of(v); share > 0 {
		return fmt.Errorf("%w: %s has %d%% of the traffic, shift it away first", router.ErrInUse, v, share)
	}
	return nil
}

// fallbacks puts as many replicas of stable as there is room for behind the
// other pools.
func fallbacks(pools map[serving.Variant]pool, stable []string) []change {
	var out []change
	for _, v := range line() {
		slots := pools[v].fallback
		changes, _ := arrange(slots, stable[:min(len(stable), len(slots))])
		out = append(out, changes...)
	}
	return out
}

func (c control) apply(ctx context.Context, change change) error {
	server := "set server " + change.slot.path() + " "
	commands := []string{}
	if change.slot.filled {
		commands = append(commands, server+"state maint")
	}
	if change.address != "" {
		at := netip.MustParseAddrPort(change.address)
		commands = append(commands, fmt.Sprintf("%saddr %s port %d", server, at.Addr(), at.Port()), server+"state ready")
	}
	for _, command := range commands {
		if _, err := c.run(ctx, command); err != nil {
			return err
		}
	}
	return nil
}

func (c control) verifyPool(ctx context.Context, v serving.Variant, wanted []string) error {
	p, err := c.readPool(ctx, v)
	if err != nil {
		return err
	}
	if rest, ok := arrange(p.own, wanted); !ok || len(rest) > 0 {
		return fmt.Errorf("%w: HAProxy reports %v in the pool of %s after %v was set", router.ErrUnreachable, p.endpoints(), v, wanted)
	}
	return nil
}
