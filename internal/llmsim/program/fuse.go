package program

import (
	"sync"
	"time"
)

// fuse sets something off once, some time after it was lit, unless it was put
// out before.
type fuse struct {
	mu     sync.Mutex
	blow   func()
	timer  *time.Timer
	serial int // of the lighting that counts
	blown  bool
}

func newFuse(blow func()) *fuse { return &fuse{blow: blow} }

func (f *fuse) light(after time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stop()
	serial := f.serial
	f.timer = time.AfterFunc(after, func() { f.reach(serial) })
}

func (f *fuse) putOut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stop()
}

// stop also voids a timer that has fired and not yet got the lock.
func (f *fuse) stop() {
	f.serial++
	if f.timer != nil {
		f.timer.Stop()
	}
}

func (f *fuse) reach(serial int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if serial != f.serial || f.blown {
		return
	}
	f.blown = true
	f.blow()
}
