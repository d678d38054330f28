package provision

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Ports are taken from below 32768, where Linux begins to take those of outgoing
// connections, which under load would soon hit one we chose; and from above the
// usual ports of services.
const (
	lowestPort  = 20000
	highestPort = 31999
	// portTries is plenty while not nearly all of the range is in use.
	portTries = 200
)

// freePort proposes a port on which nobody listens.
func freePort(host string) (int, error) {
	for range portTries {
		port := lowestPort + rand.IntN(highestPort-lowestPort+1)
		if !portTaken(host, port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port on %s between %d and %d", host, lowestPort, highestPort)
}

func portTaken(host string, port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return true
	}
	_ = l.Close()
	return false
}

// choosePort finds a port that neither anybody listens on nor a record claims;
// the caller holds the ports' lock.
func (p *Process) choosePort() (int, error) {
	claimed, err := p.claimedPorts()
	if err != nil {
		return 0, err
	}
	for range portTries {
		port, err := p.opts.FreePort(p.opts.Host)
		if err != nil {
			return 0, err
		}
		if !claimed[port] {
			return port, nil
		}
	}
	return 0, fmt.Errorf("every proposed port on %s is claimed by a replica", p.opts.Host)
}

func (p *Process) claimedPorts() (map[int]bool, error) {
	claimed := map[int]bool{}
	fleets, err := p.dir.fleets()
	if err != nil {
		return nil, err
	}
	for _, f := range fleets {
		variants, err := p.dir.variants(f)
		if err != nil {
			return nil, err
		}
		for _, v := range variants {
			records, err := p.dir.records(f, v)
			if err != nil {
				return nil, err
			}
			for _, r := range records {
				claimed[r.Port] = true
			}
		}
	}
	return claimed, nil
}

// listensItself reports whether the socket that listens on the replica's port is
// held by the replica or one of its children, so that the answer of a stranger
// who took the port is not taken for the replica's. Where /proc does not show the
// socket (another network namespace, a wrapper that drops the environment) there
// is nothing to go by, and the answer is believed.
func listensItself(r record) bool {
	inodes := listeners(r.Port)
	if len(inodes) == 0 {
		return true
	}
	for _, id := range append(withToken(r.Token), r.Process) {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", id.PID))
		for _, link := range links {
			if target, err := os.Readlink(link); err == nil && inodes[target] {
				return true
			}
		}
	}
	return false
}

// listeners finds the sockets in state LISTEN on a port, as the links of
// /proc/PID/fd name them. See proc_net_tcp in the kernel's documentation.
func listeners(port int) map[string]bool {
	out := map[string]bool{}
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		suffix := fmt.Sprintf(":%04X", port)
		for s := bufio.NewScanner(f); s.Scan(); {
			fields := strings.Fields(s.Text())
			const local, state, inode, listen = 1, 3, 9, "0A"
			if len(fields) > inode && fields[state] == listen && strings.HasSuffix(fields[local], suffix) {
				out["socket:["+fields[inode]+"]"] = true
			}
		}
		_ = f.Close()
	}
	return out
}
