package gateway

import "time"

// lease is a request's hold on a replica.
type lease struct {
	arm      *arm
	endpoint *endpoint
	flight   *flight
}

func (l lease) take() {
	l.arm.inFlight.Add(1)
	l.endpoint.inFlight.Add(1)
	l.arm.begin(l.flight)
}

func (l lease) release() {
	l.arm.leave(l.flight)
	l.endpoint.inFlight.Add(-1)
	l.arm.inFlight.Add(-1)
}

// next leases the next replica to try.
func (x *exchange) next() (lease, bool) {
	for {
		now := time.Now()
		t := x.gateway.table.Load()
		assigned := t.assigned(x.point, x.header)
		i, e := t.pick(assigned, x.tried, now.UnixNano())
		if e == nil {
			return lease{}, false
		}
		l := lease{arm: t.pools[i].arm, endpoint: e, flight: x.flight()}
		l.take()
		// A change between reading the table and taking the lease might have seen
		// nothing in flight and let the replica go: decide again by the new one.
		if x.gateway.table.Load() != t || !e.claim(now) {
			l.release()
			continue
		}
		x.passOver(&t.pools[assigned], i == assigned)
		x.tried = append(x.tried, e)
		return l, true
	}
}

// passOver counts a failure of the assigned variant when all its replicas are in
// cool-down and it is not even asked: otherwise a variant that died would soon
// have no failures, and no data.
func (x *exchange) passOver(assigned *pool, asked bool) {
	if !asked && len(x.tried) == 0 && len(assigned.endpoints) > 0 {
		x.blame(assigned.arm, nil)
	}
}
