package loadgen

import (
	"context"
	"time"
)

const (
	// settleLimit bounds the wait for an engine to get rid of what a failed rung
	// left behind. Engines abort a request within a step or two of its client's
	// leaving; one that does not notice would spoil the next rung anyway.
	settleLimit = 15 * time.Second
	// settleFactor and settleMargin say when a probe is as quick as on the idle
	// engine, beyond the noise of a single request.
	settleFactor = 2
	settleMargin = 20 * time.Millisecond
	probePause   = 100 * time.Millisecond
)

// probe sends one small request to each target and returns the longest time to
// first token, 0 when one of them gave none.
func (l *ladder) probe(ctx context.Context) (longest time.Duration) {
	p := newPrompts(l.protocol, l.model, l.spec.Base.Workload, l.spec.Base.Seed, uint64(time.Now().UnixNano()))
	for i, url := range l.urls {
		r := l.g.send(ctx, call{url: url, body: p.body(shot{index: i, prompt: 8, output: 1}, nil), protocol: l.protocol, planned: time.Now(),
			timeout: settleLimit, onFirst: func() {}})
		if !r.Whole() {
			return 0
		}
		longest = max(longest, seconds(r.TTFTSeconds.Or(0)))
	}
	return longest
}

// settle waits, within limits, until the engine answers like an idle one, so
// that a rung does not pay for the failure of the rung before.
func (l *ladder) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		took := l.probe(ctx)
		if took > 0 && (l.idle == 0 || took <= settleFactor*l.idle+settleMargin) {
			return
		}
		sleepUntil(ctx, timer, time.Now().Add(probePause))
	}
}
