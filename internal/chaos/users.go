package chaos

import "time"

// Request is one request of a user that did not come back whole.
type Request struct {
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"` // when the user learnt of it
	Why   string    `json:"why"`
}

// Outage is a time in which something on the way of users' requests was dead or
// frozen by a fault of the plan: from the blow to its end.
type Outage struct {
	Cause string    `json:"cause"`
	From  time.Time `json:"from"`
	Hit   time.Time `json:"hit"` // when the blow had fallen
	Until time.Time `json:"until"`
	// Dead says that the part lost what it held when it was hit. Requests that come
	// later have to find another way, or wait.
	Dead bool `json:"dead"`
}

// instant is what "at the moment of the blow" means: a user's connection may learn
// that its other end died some scheduling later.
const instant = 250 * time.Millisecond

// excuses reports whether the request was on its way when the part was hit, or
// while it was frozen.
func (o Outage) excuses(r Request) bool {
	until := o.Until
	if o.Dead {
		until = o.Hit.Add(instant)
	}
	return !r.Ended.Before(o.From) && !r.Began.After(until)
}

// Lost splits the requests into those in flight on a part that a fault had hit and
// the others, which the product lost.
func Lost(failed []Request, outages []Outage) (excused, lost []Request) {
	for _, r := range failed {
		if within(r, outages) {
			excused = append(excused, r)
		} else {
			lost = append(lost, r)
		}
	}
	return excused, lost
}

func within(r Request, outages []Outage) bool {
	for _, o := range outages {
		if o.excuses(r) {
			return true
		}
	}
	return false
}
