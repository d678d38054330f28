package program

import "time"

// Fuse is what a crash fault lights.
type Fuse struct{ fuse *fuse }

func NewFuse(blow func()) Fuse           { return Fuse{newFuse(blow)} }
func (f Fuse) Light(after time.Duration) { f.fuse.light(after) }
func (f Fuse) PutOut()                   { f.fuse.putOut() }

// Reach is what the timer of the last lighting does when its time has come.
func (f Fuse) Reach() { f.fuse.reach(f.fuse.serial) }

// Startup is how long the engine will load.
func (p *Program) Startup() time.Duration { return p.options.Startup }
