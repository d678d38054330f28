package haproxy

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

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

const examples = "unix:/run/haproxy/admin.sock or tcp:127.0.0.1:9999"

// CheckAddress tells what is wrong with the address of a fleet's router:
//
//	unix:/run/haproxy/admin.sock
//	tcp:127.0.0.1:9999?name=chat-eu
//
// name is what the objects are called after, the fleet's name when absent; map,
// stable, canary and baseline name single ones. TCP must be loopback: the Runtime
// API knows no passwords. What it says does not repeat the address.
func CheckAddress(address string) error {
	_, err := parsePlace(serving.Fleet{Name: "fleet", Router: serving.AdapterRef{Address: address}})
	return err
}

func parsePlace(fleet serving.Fleet) (place, error) {
	u, err := url.Parse(fleet.Router.Address)
	if err != nil {
		return place{}, errors.New("the address cannot be read: write " + examples)
	}
	p := place{network: u.Scheme}
	switch u.Scheme {
	case "unix":
		p.address = u.Path
		if !strings.HasPrefix(p.address, "/") || u.Host != "" || len(p.address) > longestSocketPath {
			return place{}, fmt.Errorf("the address must be unix: and an absolute path of at most %d bytes", longestSocketPath)
		}
	case "tcp":
		p.address = u.Opaque + u.Host
		at, err := netip.ParseAddrPort(p.address)
		if err != nil || !at.Addr().IsLoopback() {
			return place{}, errors.New("the address must be tcp: and an IP address of loopback with a port: the Runtime API has no passwords")
		}
	default:
		return place{}, errors.New("the address is no socket: write " + examples)
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
			return place{}, fmt.Errorf("the name of the pool of %s has characters other than letters, digits and _.:-", v)
		}
	}
	if !plain.MatchString(p.mapName) {
		return place{}, errors.New("the name of the map has characters other than letters, digits and _.:-")
	}
	if len(query) > 0 {
		return place{}, errors.New("the address has an unknown option: use name, map, stable, canary or baseline")
	}
	return p, nil
}
