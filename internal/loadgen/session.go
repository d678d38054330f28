package loadgen

import (
	"context"
	"time"
)

// fly sends a request and, one after the other, the later turns of its session.
// A turn is planned for the end of its pause, whenever the answer before came;
// it has the whole conversation in front. A session ends early with an answer
// that is not whole, with the window, and with ctx.
func (l *load) fly(ctx, flying context.Context, s shot) {
	url := l.plan.urls[s.index%len(l.plan.urls)] // its whole session meets one cache
	var conversation history
	turns := append([]shot{s}, s.rest...)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i, turn := range turns {
		if i > 0 {
			turn.at = time.Since(l.start) + turn.think
			turn.body = l.plan.prompts.body(turn, conversation)
			if l.beyond(turn.at) || !sleepUntil(ctx, timer, l.start.Add(turn.at)) {
				return
			}
		}
		var answer []byte
		keep := &answer
		if i == len(turns)-1 {
			keep = nil // nobody will need it
		}
		if !l.ask(flying, turn, url, keep) {
			return
		}
		if keep != nil {
			conversation = l.plan.prompts.extend(conversation, turn, answer)
		}
	}
}

// beyond reports a moment after the measured window.
func (l *load) beyond(at time.Duration) bool {
	return l.plan.window > 0 && at >= l.plan.warmup+l.plan.window
}

// ask sends one request and reports whether its answer was whole.
func (l *load) ask(ctx context.Context, s shot, url string, answer *[]byte) bool {
	f := &flight{at: s.at, counted: s.at >= l.plan.warmup}
	l.mu.Lock()
	l.aloft[f] = struct{}{}
	l.mu.Unlock()
	c := call{url: url, body: s.body, protocol: l.plan.protocol, planned: l.start.Add(s.at),
		timeout: l.plan.timeout, onFirst: func() { f.first.Store(true) }, answer: answer}
	if f.counted {
		c.gaps = &l.gaps
	}
	r := l.g.send(ctx, c)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.aloft, f)
	l.landed = append(l.landed, landing{at: f.at, counted: f.counted, Request: r})
	return r.Whole()
}
