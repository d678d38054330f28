package provision

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// abortGrace is what a process gets that never served: enough to give back an
// accelerator in order, nothing to drain.
const abortGrace = 5 * time.Second

// killWait bounds the wait for a killed process to vanish. One that does not is
// stuck in the kernel (a driver), and a person must know.
const killWait = 10 * time.Second

// endPoll is how often a process that was told to end is looked at. It may not
// be our child, so it cannot be waited for.
const endPoll = 20 * time.Millisecond

// stop ends a replica: SIGTERM, the grace, SIGKILL, then the same for whatever
// it left behind (an engine's workers hold the accelerator when their parent has
// died). Its record goes last. With a grace of 0 it is killed at once.
func (p *Process) stop(ctx context.Context, r record, grace time.Duration) error {
	r, alive, err := p.complete(r)
	if err != nil {
		return err
	}
	if alive && grace > 0 {
		p.opts.Logger.Info("replica is told to end", "replica", r.String())
		if err := r.Process.signal(syscall.SIGTERM); err != nil {
			return err
		}
		if err := awaitEnd(ctx, []identity{r.Process}, grace); err != nil {
			return err
		}
	}
	if err := p.kill(ctx, r); err != nil {
		return err
	}
	return p.dir.forget(r)
}

// kill ends the process and everything that carries its token, by force.
func (p *Process) kill(ctx context.Context, r record) error {
	left := withToken(r.Token)
	if r.alive() {
		left = append(left, r.Process)
	}
	if len(left) == 0 {
		return nil
	}
	p.opts.Logger.Warn("killing what did not end", "replica", r.String(), "processes", len(left))
	for _, id := range left {
		if err := id.signal(syscall.SIGKILL); err != nil {
			return err
		}
	}
	if err := awaitEnd(ctx, left, killWait); err != nil {
		return err
	}
	for _, id := range left {
		if id.alive() {
			return fmt.Errorf("process %d of %s does not die", id.PID, r.String())
		}
	}
	return nil
}

// awaitEnd returns when all have ended or the time is over; an error only when
// ctx ended.
func awaitEnd(ctx context.Context, ids []identity, limit time.Duration) error {
	over := time.NewTimer(limit)
	defer over.Stop()
	poll := time.NewTicker(endPoll)
	defer poll.Stop()
	for anyAlive(ids) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for processes to end: %w", context.Cause(ctx))
		case <-over.C:
			return nil
		case <-poll.C:
		}
	}
	return nil
}

func anyAlive(ids []identity) bool {
	for _, id := range ids {
		if id.alive() {
			return true
		}
	}
	return false
}
