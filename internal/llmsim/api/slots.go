package api

import "sync"

// slots bounds how many requests may be under way at once.
type slots struct {
	mu          sync.Mutex
	most, taken int // most 0: no bound
}

// take is false when so many are not free.
func (s *slots) take(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.most > 0 && s.taken+n > s.most {
		return false
	}
	s.taken += n
	return true
}

func (s *slots) give(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken -= n
}
