package sched

// pool is the KV cache. A block with no references is free; it keeps its
// content, and can be found again by its hash, until it is taken for something
// else. Blocks are taken in the order in which they became free.
type pool struct {
	blocks []block // blocks[0] is the anchor of the free list, never handed out
	free   int
	// evictable is how many of the free blocks can be found by their hash.
	evictable int
	byHash    map[uint64]int32
	host      hostTier
}

type block struct {
	refs       int32
	hash       uint64 // 0: content cannot be found
	prev, next int32  // neighbours in the free list while refs is 0
}

func newPool(n, host int) *pool {
	p := &pool{blocks: make([]block, n+1), byHash: map[uint64]int32{}, host: newHostTier(host)}
	for id := int32(1); id <= int32(n); id++ {
		p.pushFree(id)
	}
	return p
}

func (p *pool) size() int { return len(p.blocks) - 1 }

// take hands out the block that has been free longest and forgets its content.
// The caller has checked that one is free.
func (p *pool) take() int32 {
	id := p.blocks[0].next
	p.unlinkFree(id)
	b := &p.blocks[id]
	if b.hash != 0 {
		delete(p.byHash, b.hash)
		p.host.put(b.hash)
		b.hash = 0
	}
	b.refs = 1
	return id
}

// share adds a reference to a block that was found by its hash.
func (p *pool) share(id int32) {
	b := &p.blocks[id]
	if b.refs == 0 {
		p.unlinkFree(id)
	}
	b.refs++
}

// release gives back the blocks of one request. The last ones become free first,
// so that the beginning of a prompt, which others are likeliest to share, stays
// cached longest.
func (p *pool) release(ids []int32) {
	for i := len(ids) - 1; i >= 0; i-- {
		b := &p.blocks[ids[i]]
		b.refs--
		if b.refs == 0 {
			p.pushFree(ids[i])
		}
	}
}

// remember makes a full block findable. When another block already holds the
// same content, that one stays the one that is found.
func (p *pool) remember(id int32, hash uint64) {
	if _, known := p.byHash[hash]; known {
		return
	}
	p.byHash[hash] = id
	p.blocks[id].hash = hash
}

func (p *pool) find(hash uint64) (int32, bool) {
	id, ok := p.byHash[hash]
	return id, ok
}

func (p *pool) isFree(id int32) bool { return p.blocks[id].refs == 0 }

// forget drops all cached content; blocks in use keep serving their requests.
func (p *pool) forget() {
	clear(p.byHash)
	p.host.forget()
	p.evictable = 0
	for i := range p.blocks {
		p.blocks[i].hash = 0
	}
}

func (p *pool) pushFree(id int32) {
	last := p.blocks[0].prev
	p.blocks[id].prev, p.blocks[id].next = last, 0
	p.blocks[last].next = id
	p.blocks[0].prev = id
	p.free++
	if p.blocks[id].hash != 0 {
		p.evictable++
	}
}

func (p *pool) unlinkFree(id int32) {
	b := &p.blocks[id]
	p.blocks[b.prev].next = b.next
	p.blocks[b.next].prev = b.prev
	b.prev, b.next = 0, 0
	p.free--
	if b.hash != 0 {
		p.evictable--
	}
}
