package rig

import (
	"context"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/optiinfra/performance-agent/internal/child"
)

// restartPause is what lies between the end of a program that nobody killed and its
// restart, so that one that cannot start does not spin.
const restartPause = 500 * time.Millisecond

// service keeps a program running, as systemd would: one that ends is started again.
type service struct {
	name    string
	process *child.Process
	log     io.Writer
	ending  chan struct{}
	over    sync.WaitGroup

	mu    sync.Mutex
	pause time.Duration // before the next start, set by a kill
	// unplanned counts ends that no fault caused.
	unplanned int
}

// keep starts the program; stop ends it.
func keep(name string, p *child.Process, log io.Writer) (*service, error) {
	s := &service{name: name, process: p, log: log, ending: make(chan struct{})}
	if err := p.Start(); err != nil {
		return nil, err
	}
	s.over.Go(s.attend)
	return s, nil
}

func (s *service) attend() {
	for {
		select {
		case <-s.ending:
			return
		case <-s.process.Exited():
		}
		wait := time.NewTimer(s.pauseBefore())
		select {
		case <-s.ending:
			wait.Stop()
			return
		case <-wait.C:
		}
		if err := s.process.Start(); err != nil {
			fmt.Fprintf(s.log, "%s cannot be started again: %v\n", s.name, err)
		}
	}
}

// pauseBefore is how long to wait before the next start.
func (s *service) pauseBefore() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if pause := s.pause; pause > 0 {
		s.pause = 0
		return pause
	}
	select {
	case <-s.ending:
	default:
		s.unplanned++
		fmt.Fprintf(s.log, "%s ended by itself and is started again\n", s.name)
	}
	return restartPause
}

// kill ends it as a crash would; it is started again after the pause.
func (s *service) kill(pause time.Duration) {
	s.mu.Lock()
	s.pause = max(pause, time.Millisecond)
	s.mu.Unlock()
	s.process.Kill()
}

// freeze stops it from running at all, thaw ends that.
func (s *service) freeze() error { return s.process.Signal(syscall.SIGSTOP) }

func (s *service) thaw() error { return s.process.Signal(syscall.SIGCONT) }

func (s *service) endedByItself() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unplanned
}

// stop ends it for good.
func (s *service) stop() {
	close(s.ending)
	s.over.Wait()
	_ = s.thaw()
	s.process.Stop()
}

// patience bounds the wait for a part to be there. It is for parts that will never
// be, not for slow machines.
const patience = 4 * time.Minute

// until asks several times a second until it is so.
func until(ctx context.Context, limit time.Duration, what string, so func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !so(ctx) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}
