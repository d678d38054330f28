package api

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
)

// LocalNetworks are loopback and the private ranges: where fleets usually are.
func LocalNetworks() []netip.Prefix {
	return prefixes("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
}

// neverAllowed are link-local addresses, where clouds serve credentials, the
// metadata addresses outside of it (AWS over IPv6, Alibaba), and what is no host.
func neverAllowed() []netip.Prefix {
	return prefixes("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "100.100.100.200/32",
		"0.0.0.0/8", "::/128", "224.0.0.0/4", "ff00::/8", "255.255.255.255/32")
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

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
		if message, fix := g.judge(a); message != "" {
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

func (g addressGuard) judge(a netip.Addr) (message, fix string) {
	a = plainAddress(a)
	within := func(p netip.Prefix) bool { return p.Contains(a) }
	if slices.ContainsFunc(neverAllowed(), within) {
		return "is a link-local, metadata or unusable address", "give the address of a host; this one is refused always"
	}
	if !slices.ContainsFunc(g.allowed, within) {
		return "is outside the networks this server may call", "use an address within the allowed networks, or have the operator allow its network"
	}
	return "", ""
}

// DialGuard is a net.Dialer's ControlContext that refuses what the guard refuses. It
// sees the address that is really dialled, so neither a name that resolves
// differently by then nor a redirect gets around it.
func DialGuard(allowed []netip.Prefix) func(context.Context, string, string, syscall.RawConn) error {
	g := addressGuard{allowed: allowed}
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("address %q cannot be judged: %w", address, err)
		}
		if message, fix := g.judge(at.Addr()); message != "" {
			return fmt.Errorf("%s %s; %s", at.Addr(), message, fix)
		}
		return nil
	}
}

// plainAddress takes the IPv4 address out of the IPv6 forms that carry one, so
// that ::ffff:169.254.169.254 and its NAT64 form are known for what they are.
func plainAddress(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if netip.MustParsePrefix("64:ff9b::/96").Contains(a) {
		b := a.As16()
		return netip.AddrFrom4([4]byte(b[12:16]))
	}
	return a
}
