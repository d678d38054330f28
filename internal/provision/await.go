package provision

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

const (
	// healthPoll is how often a starting replica is asked whether it serves.
	healthPoll = 50 * time.Millisecond
	// healthTimeout bounds one such question; an engine that is busy loading may
	// accept the connection and not answer.
	healthTimeout = 2 * time.Second
	// logTailBytes is how much of the log of a failed start goes into the error:
	// the end of a Python traceback, and still fit for a workflow's history.
	logTailBytes = 2 << 10
)

func newHealthClient() *http.Client {
	return &http.Client{Timeout: healthTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
}

// awaitServing returns when the replica serves; the record then says since when.
func (p *Process) awaitServing(ctx context.Context, c child) (record, error) {
	limit := p.startLimit(c.record)
	over := time.NewTimer(limit)
	defer over.Stop()
	poll := time.NewTicker(healthPoll)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return record{}, fmt.Errorf("wait for %s: %w", c.record, context.Cause(ctx))
		case <-c.exited:
			return record{}, p.startFailed(c.record, (*c.result).Error())
		case <-over.C:
			return record{}, p.startFailed(c.record, fmt.Sprintf("it did not serve within %s", limit))
		case <-poll.C:
		}
		if !c.launched() && !c.record.alive() {
			return record{}, p.startFailed(c.record, "it ended")
		}
		if p.serves(ctx, c.record) {
			return p.markReady(c.record)
		}
	}
}

// startLimit is how long a replica may take to answer: one that has served before
// is not loading, so it answers soon or is broken.
func (p *Process) startLimit(r record) time.Duration {
	if r.ReadyUnix != 0 {
		return p.opts.RecoverTimeout
	}
	return p.opts.StartTimeout
}

// serves asks the engine. All three engines answer GET /health with 200 when they
// can take requests. An answer counts only if the replica itself gave it.
func (p *Process) serves(ctx context.Context, r record) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.endpoint()+"/health", nil)
	if err != nil {
		return false
	}
	res, err := p.health.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK && listensItself(r)
}

func (p *Process) markReady(r record) (record, error) {
	if r.ReadyUnix != 0 {
		return r, nil
	}
	r.ReadyUnix = unixSeconds(time.Now())
	p.opts.Logger.Info("replica serves", "replica", r.String(), "seconds", r.ReadyUnix-r.LaunchedUnix)
	return r, p.dir.write(r)
}

func (p *Process) startFailed(r record, why string) error {
	if !r.alive() && portTaken(r.Host, r.Port) {
		return fmt.Errorf("%w: %s: %s; its log ends:\n%s", errPortLost, r, why, tail(r.Log))
	}
	return fmt.Errorf("%w: %s: %s; its log ends:\n%s", ErrStartFailed, r, why, tail(r.Log))
}

// tail reads the end of a log.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Sprintf("(no log: %v)", err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Size() > logTailBytes {
		if _, err := f.Seek(-logTailBytes, io.SeekEnd); err != nil {
			return fmt.Sprintf("(log: %v)", err)
		}
	}
	content, err := io.ReadAll(io.LimitReader(f, logTailBytes))
	if err != nil {
		return fmt.Sprintf("(log: %v)", err)
	}
	return string(content)
}
