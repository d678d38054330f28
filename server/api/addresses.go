package api

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"

	"github.com/optiinfra/performance-agent/internal/dialguard"
)

// addressGuard decides which addresses a fleet may name. It refuses early and
// with a reason; the clients that dial check again, since a name may resolve
// otherwise later.
type addressGuard struct {
	allowed  []netip.Prefix
	resolver Resolver
}

// check returns what is wrong with an address and how to mend it, "" when it is
// good. All addresses of a name must be allowed.
func (g addressGuard) check(ctx context.Context, address string) (message, fix string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "is not an http or https address", "write it like http://10.0.0.7:8000"
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "must not carry credentials, a query or a fragment", "give scheme, host and port only"
	}
	found, err := g.lookup(ctx, u.Hostname())
	if err != nil {
		return "its host does not resolve from this server", "use an IP address or a name that this server can resolve"
	}
	for _, a := range found {
		if message, fix := dialguard.Judge(a, g.allowed); message != "" {
			return message, fix
		}
	}
	return "", ""
}

func (g addressGuard) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	found, err := g.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s has no address", host)
	}
	return found, nil
}
