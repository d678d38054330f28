package serving

// SlotRequest asks for the right to change a fleet's production while others may
// be changing theirs. The RunID makes a repeat recognisable.
type SlotRequest struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Fleet      string `json:"fleet"`
	// Group is the fleet's lock-step group, "" for none.
	Group string `json:"group,omitempty"`
	// Limit is how many may hold a slot at a time, 0 for any number. The latest
	// request counts, so that a changed setting takes effect.
	Limit     int     `json:"limit,omitempty"`
	AskedUnix float64 `json:"asked_unix"`
	// Behind says whom it waits for; "" once it holds a slot.
	Behind string `json:"behind,omitempty"`
}

// SlotAnswer is what a rollout is told about its request.
type SlotAnswer struct {
	Granted bool   `json:"granted"`
	Behind  string `json:"behind,omitempty"`
}

// Slots are who may change production now and who waits, in order. Nobody waits
// for ever: a request is passed over only while somebody of its own group holds a
// slot, and when that one returns it both are free for the request.
type Slots struct {
	Limit   int           `json:"limit"`
	Holders []SlotRequest `json:"holders"`
	Waiting []SlotRequest `json:"waiting"`
}

// Grant moves those who may go ahead from the waiting to the holders, in order,
// says of the others whom they wait for, and returns all whose state changed.
func (s *Slots) Grant() []SlotRequest {
	var changed, left []SlotRequest
	for _, r := range s.Waiting {
		behind := s.obstacle(r)
		if behind == "" {
			r.Behind = ""
			s.Holders = append(s.Holders, r)
			changed = append(changed, r)
			continue
		}
		if r.Behind != behind {
			r.Behind = behind
			changed = append(changed, r)
		}
		left = append(left, r)
	}
	s.Waiting = left
	return changed
}

// obstacle names who keeps a request from going ahead, "" if nobody does.
func (s *Slots) obstacle(r SlotRequest) string {
	for _, h := range s.Holders {
		if r.Group != "" && h.Group == r.Group {
			return h.WorkflowID + ", of the same lock-step group " + r.Group
		}
	}
	if s.Limit == 0 || len(s.Holders) < s.Limit {
		return ""
	}
	return s.Holders[0].WorkflowID + ", which began first of those that hold all slots"
}

// Ask takes in a request; one that is known already changes only the limit.
func (s *Slots) Ask(r SlotRequest) {
	s.Limit = r.Limit
	if !s.Holds(r.RunID) && indexOfRun(s.Waiting, r.RunID) < 0 {
		s.Waiting = append(s.Waiting, r)
	}
}

// Restore takes in who holds slots already, as a coordinator must that knows of
// nobody although it is not the first: only then does the limit hold.
func (s *Slots) Restore(holders []SlotRequest) {
	for _, h := range holders {
		if !s.Holds(h.RunID) {
			s.Waiting = withoutRun(s.Waiting, h.RunID)
			s.Holders = append(s.Holders, h)
		}
	}
}

// Holds reports whether a run holds a slot.
func (s *Slots) Holds(runID string) bool { return indexOfRun(s.Holders, runID) >= 0 }

// Forget takes a run out of the holders and the waiting.
func (s *Slots) Forget(runID string) {
	s.Holders = withoutRun(s.Holders, runID)
	s.Waiting = withoutRun(s.Waiting, runID)
}

// Idle reports that nobody holds a slot or waits for one.
func (s *Slots) Idle() bool { return len(s.Holders)+len(s.Waiting) == 0 }

func indexOfRun(list []SlotRequest, runID string) int {
	for i, r := range list {
		if r.RunID == runID {
			return i
		}
	}
	return -1
}

func withoutRun(list []SlotRequest, runID string) []SlotRequest {
	out := make([]SlotRequest, 0, len(list))
	for _, r := range list {
		if r.RunID != runID {
			out = append(out, r)
		}
	}
	return out
}
