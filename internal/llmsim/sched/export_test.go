package sched

import "fmt"

// Audit recounts everything from scratch and compares it with the books.
func (s *Scheduler) Audit() error {
	held := make([]int32, len(s.pool.blocks))
	for _, r := range append(append([]*Request{}, s.running...), s.waiting...) {
		for _, id := range r.blocks {
			held[id]++
		}
	}
	free, evictable := 0, 0
	for id := 1; id < len(s.pool.blocks); id++ {
		b := s.pool.blocks[id]
		if b.refs != held[id] || b.refs < 0 {
			return fmt.Errorf("block %d has %d references, %d requests hold it", id, b.refs, held[id])
		}
		if b.refs == 0 {
			free++
			if b.hash != 0 {
				evictable++
			}
		}
		if b.hash != 0 && s.pool.byHash[b.hash] != int32(id) {
			return fmt.Errorf("block %d cannot be found by its hash", id)
		}
	}
	if evictable != s.pool.evictable {
		return fmt.Errorf("%d free blocks can be found, %d counted", evictable, s.pool.evictable)
	}
	listed := 0
	for id := s.pool.blocks[0].next; id != 0; id = s.pool.blocks[id].next {
		if s.pool.blocks[id].refs != 0 {
			return fmt.Errorf("block %d is in use and on the free list", id)
		}
		listed++
	}
	if listed != free || s.pool.free != free {
		return fmt.Errorf("%d blocks free, %d listed, %d counted", free, listed, s.pool.free)
	}
	return s.auditRequests()
}

func (s *Scheduler) auditRequests() error {
	if len(s.running) > s.limits.MaxNumSeqs {
		return fmt.Errorf("%d requests run, limit %d", len(s.running), s.limits.MaxNumSeqs)
	}
	for _, r := range s.waiting {
		if len(r.blocks) != 0 || r.computed != 0 {
			return fmt.Errorf("a waiting request holds %d blocks", len(r.blocks))
		}
	}
	for _, r := range s.running {
		if have := len(r.blocks) * s.limits.BlockSize; r.computed > have {
			return fmt.Errorf("%d tokens computed in blocks for %d", r.computed, have)
		}
	}
	return nil
}
