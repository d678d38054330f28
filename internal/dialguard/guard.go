package dialguard

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// Judge returns what is wrong with an address and how to mend it; "" when it may be
// connected to.
func Judge(a netip.Addr, allowed []netip.Prefix) (message, fix string) {
	a = plain(a)
	within := func(p netip.Prefix) bool { return p.Contains(a) }
	if slices.ContainsFunc(neverAllowed(), within) {
		return "is a link-local, metadata or unusable address", "give the address of a host; this one is refused always"
	}
	if !slices.ContainsFunc(allowed, within) {
		return "is outside the networks this server may call", "use an address within the allowed networks, or have the operator allow its network"
	}
	return "", ""
}

// Control is a net.Dialer's ControlContext that refuses what Judge refuses. It sees
// the address that is really dialled.
func Control(allowed []netip.Prefix) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("address %q cannot be judged: %w", address, err)
		}
		if message, fix := Judge(at.Addr(), allowed); message != "" {
			return fmt.Errorf("%s %s; %s", at.Addr(), message, fix)
		}
		return nil
	}
}
