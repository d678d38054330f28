package api

import (
	"net/http"
	"sync"
)

// Streams stay open for hours, so their number is bounded: a browser opens one for
// each run that it shows, and each looks into the store twice a second.
const streamsEach = 16 // of one credential, or of one address without one

// streamPlaces counts the live streams.
type streamPlaces struct {
	mu    sync.Mutex
	taken map[string]int
	all   int
	most  int // of all
}

// take takes a place for somebody; free gives it back, once.
func (p *streamPlaces) take(who string) (free func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.taken[who] >= streamsEach:
		problem := newProblem(http.StatusTooManyRequests, "too-many-streams", "you have as many live streams open as one caller may; end one of them")
		problem.retryAfterSeconds = retrySeconds
		return nil, problem
	case p.all >= p.most:
		problem := newProblem(http.StatusServiceUnavailable, "unavailable", "as many live streams are open as this server takes, try again")
		problem.retryAfterSeconds = retrySeconds
		return nil, problem
	}
	if p.taken == nil {
		p.taken = map[string]int{}
	}
	p.taken[who]++
	p.all++
	return sync.OnceFunc(func() { p.free(who) }), nil
}

func (p *streamPlaces) free(who string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all--
	if p.taken[who]--; p.taken[who] == 0 {
		delete(p.taken, who)
	}
}
