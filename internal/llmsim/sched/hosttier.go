package sched

import "container/list"

// hostTier is the part of the prefix cache that lies in the host's memory: what
// the GPU's blocks held when they were taken for something else. It forgets the
// content that was used longest ago.
type hostTier struct {
	capacity int // blocks; 0: there is none
	order    *list.List
	at       map[uint64]*list.Element // by the hash of the content
}

func newHostTier(capacity int) hostTier {
	return hostTier{capacity: capacity, order: list.New(), at: map[uint64]*list.Element{}}
}

// put keeps the content of a block that the GPU gives up.
func (h *hostTier) put(hash uint64) {
	if h.capacity == 0 || h.touch(hash) {
		return
	}
	h.at[hash] = h.order.PushFront(hash)
	if h.order.Len() > h.capacity {
		oldest := h.order.Back()
		delete(h.at, oldest.Value.(uint64))
		h.order.Remove(oldest)
	}
}

// touch reports whether a content is here, and makes it the latest used.
func (h *hostTier) touch(hash uint64) bool {
	e, here := h.at[hash]
	if here {
		h.order.MoveToFront(e)
	}
	return here
}

func (h *hostTier) forget() {
	h.order.Init()
	clear(h.at)
}
