package dialguard

import "net/netip"

// LocalNetworks are loopback and the private ranges: where fleets usually are.
func LocalNetworks() []netip.Prefix {
	return prefixes("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
}

// neverAllowed are link-local addresses, where clouds serve credentials, the metadata
// addresses outside of it (AWS over IPv6, Alibaba, Azure, Oracle), and what is no
// host.
func neverAllowed() []netip.Prefix {
	return prefixes("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
		"0.0.0.0/8", "::/128", "224.0.0.0/4", "ff00::/8", "255.255.255.255/32")
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

// carried are the IPv6 forms that carry an IPv4 address, and at which byte: NAT64
// (RFC 6052, RFC 8215), 6to4 (RFC 3056) and the compatible form (RFC 4291).
func carried() map[netip.Prefix]int {
	return map[netip.Prefix]int{
		netip.MustParsePrefix("64:ff9b::/96"): 12, netip.MustParsePrefix("64:ff9b:1::/48"): 12,
		netip.MustParsePrefix("2002::/16"): 2, netip.MustParsePrefix("::/96"): 12,
	}
}

// plain takes the IPv4 address out of the IPv6 forms that carry one, so that
// ::ffff:169.254.169.254 and its NAT64 form are known for what they are.
func plain(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is4() || a == netip.IPv6Loopback() || a == netip.IPv6Unspecified() {
		return a
	}
	for form, at := range carried() { // the forms do not overlap: the order is all one
		if form.Contains(a) {
			b := a.As16()
			return netip.AddrFrom4([4]byte(b[at : at+4]))
		}
	}
	return a
}
