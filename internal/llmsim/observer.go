package llmsim

import "github.com/optiinfra/performance-agent/internal/llmsim/sched"

// Observer is told what an engine does, by whichever clock drives it. Its
// methods are called from one goroutine, between steps, and must be quick.
type Observer interface {
	// Step is called after each step, and with no tokens when the engine idles.
	Step(state sched.Stats, tokens []sched.Emission)
	// Finished is called for each request that ran to its end.
	Finished(r *sched.Request, reason string, maxTokens int)
	// Lost is called with the seconds by which the host was too slow; virtual
	// time never loses any.
	Lost(seconds float64)
}

// Watch follows a virtual run. Each field may be left out.
type Watch struct {
	Observer Observer
	// At is called at every multiple of EverySeconds of virtual time that the run
	// passes, with that time: all tokens up to it have been observed and none
	// after it, so what At reads is what a scrape at that moment would see.
	At           func(now float64)
	EverySeconds float64
	// Done, asked after every step, ends the run early: what the watch wanted to
	// know is decided. The outcomes of requests under way then say nothing.
	Done func() bool
}

// watched is a Watch under way.
type watched struct {
	Watch
	calls int // of At so far
}

// reach calls At for the times before now that have not been reached before.
func (w *watched) reach(now float64) {
	if w.At == nil || w.EverySeconds <= 0 {
		return
	}
	for {
		next := float64(w.calls+1) * w.EverySeconds
		if next >= now {
			return
		}
		w.calls++
		w.At(next)
	}
}
