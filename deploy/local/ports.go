package main

import (
	"fmt"
	"net"
	"slices"
)

// port returns the wanted port if it is free on loopback, else another free one,
// so that a second stack or a forgotten server does not stop the first.
func port(wanted int, taken ...int) (int, error) {
	for _, candidate := range []int{wanted, 0, 0, 0} {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", candidate))
		if err != nil {
			continue
		}
		got := l.Addr().(*net.TCPAddr).Port
		l.Close()
		if !slices.Contains(taken, got) {
			return got, nil
		}
	}
	return 0, fmt.Errorf("no free port near %d", wanted)
}
