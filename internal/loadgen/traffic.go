package loadgen

import (
	"context"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// lastAnswers is how long RunTraffic waits, once it has stopped sending, for
// the answers still on their way, so that stopping loses nobody's request.
const lastAnswers = 30 * time.Second

// RunTraffic sends production-like traffic until ctx ends, then waits up to
// 30 s for the answers on their way and returns nil. onEnd is told every
// request that finished, one at a time; a request that was cut off after those
// 30 s is reported as KindAbandoned, which Request.Lost does not count. Nothing
// is retried: what onEnd reports as lost, a user would have lost. Sessions are
// not held: their turns come as requests of their own.
func (g *Generator) RunTraffic(ctx context.Context, target, model string, w serving.Workload, seed uint64,
	onEnd func(Request)) error {
	spoken := protocolOf("")
	urls, err := parseTarget(target, spoken.path)
	if err != nil {
		return err
	}
	w.Sessions = nil
	schedule, err := newSchedule(w, seed)
	if err != nil {
		return err
	}
	answers, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	t := &traffic{g: g, urls: urls, prompts: newPrompts(spoken, model, w, seed, seed), onEnd: onEnd}
	t.send(ctx, answers, schedule)
	late := time.AfterFunc(lastAnswers, cut)
	defer late.Stop()
	t.done.Wait()
	g.client.CloseIdleConnections()
	return nil
}

// traffic is endless load on its way.
type traffic struct {
	g       *Generator
	urls    []string
	prompts prompts
	done    sync.WaitGroup

	mu    sync.Mutex // one onEnd at a time
	onEnd func(Request)
}

func (t *traffic) send(ctx, answers context.Context, schedule *schedule) {
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		s := schedule.next()
		body := t.prompts.body(s, nil)
		planned := start.Add(s.at)
		if !sleepUntil(ctx, timer, planned) {
			return
		}
		t.done.Go(func() {
			r := t.g.send(answers, call{url: t.urls[s.index%len(t.urls)], body: body, protocol: t.prompts.protocol, planned: planned,
				timeout: t.g.timeout, onFirst: func() {}})
			t.mu.Lock()
			defer t.mu.Unlock()
			t.onEnd(r)
		})
	}
}
