package haproxy

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// place is where the HAProxy of a fleet is reached and what its objects are
// called there.
type place struct {
	network, address string
	mapName          string // the base name of the map's file
	pools            map[serving.Variant]string
}

// line is the variants that can have a pool, in the order in which they lie on
// the line of shares; stable has what the others leave.
func line() [3]serving.Variant {
	return [3]serving.Variant{serving.Canary, serving.Stable, serving.Baseline}
}

// longestSocketPath is what a socket's address holds on Linux.
const longestSocketPath = 107

// CheckAddress tells what is wrong with the address of a fleet's router:
//
//	unix:/run/haproxy/admin.sock
//	tcp:127.0.0.1:9999?name=chat-eu
//
// name is what the objects are called after, the fleet's name when absent; map,
// stable, canary and baseline name single ones. TCP must be loopback: the Runtime
// API knows no passwords.
func CheckAddress(address string) error {
	_, err := parsePlace(serving.Fleet{Name: "fleet", Router: serving.AdapterRef{Address: address}})
	return err
}

func parsePlace(fleet serving.Fleet) (place, error) {
	u, err := url.Parse(fleet.Router.Address)
	if err != nil {
		return place{}, invalid("address %q cannot be read: write unix:/run/haproxy/admin.sock or tcp:127.0.0.1:9999", fleet.Router.Address)
	}
	p := place{network: u.Scheme}
	switch u.Scheme {
	case "unix":
		p.address = u.Path
		if !strings.HasPrefix(p.address, "/") || u.Host != "" || len(p.address) > longestSocketPath {
			return place{}, invalid("address %q must be unix: and an absolute path of at most %d bytes", fleet.Router.Address, longestSocketPath)
		}
	case "tcp":
		p.address = u.Opaque + u.Host
		at, err := netip.ParseAddrPort(p.address)
		if err != nil || !at.Addr().IsLoopback() {
			return place{}, invalid("address %q must be an IP address of loopback and a port: the Runtime API has no passwords", fleet.Router.Address)
		}
	default:
		return place{}, invalid("address %q is no socket: write unix:/run/haproxy/admin.sock or tcp:127.0.0.1:9999", fleet.Router.Address)
	}
	return p.withNames(fleet.Name, u.Query())
}

func (p place) withNames(fleet string, query url.Values) (place, error) {
	// What HAProxy allows in names, less what its command line cuts at.
	plain := regexp.MustCompile(`^[A-Za-z0-9_.:-]+$`)
	take := func(key, fallback string) string {
		if v := query.Get(key); v != "" {
			fallback = v
		}
		query.Del(key)
		return fallback
	}
	name := take("name", fleet)
	p.mapName = take("map", name+".map")
	p.pools = map[serving.Variant]string{}
	for _, v := range line() {
		p.pools[v] = take(string(v), name+"-"+string(v))
		if !plain.MatchString(p.pools[v]) {
			return place{}, invalid("%q is no name of a pool", p.pools[v])
		}
	}
	if !plain.MatchString(p.mapName) {
		return place{}, invalid("%q is no name of a map's file", p.mapName)
	}
	for key := range query {
		return place{}, invalid("the address has an unknown option %q: use name, map, stable, canary or baseline", key)
	}
	return p, nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", router.ErrInvalid, fmt.Sprintf(format, args...))
}
