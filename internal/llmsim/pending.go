package llmsim

import (
	"container/heap"
	"slices"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// pending holds requests that are still in the API server, by the time at which
// they reach the scheduler; equal times keep the order of arrival.
type pending struct {
	entries entries
	serial  int
}

type entry struct {
	request *sched.Request
	serial  int
}

func (p *pending) push(r *sched.Request) {
	p.serial++
	heap.Push(&p.entries, entry{request: r, serial: p.serial})
}

func (p *pending) popDue(now float64) (*sched.Request, bool) {
	if at, ok := p.next(); !ok || at > now {
		return nil, false
	}
	return heap.Pop(&p.entries).(entry).request, true
}

func (p *pending) next() (float64, bool) {
	if len(p.entries) == 0 {
		return 0, false
	}
	return p.entries[0].request.Times.Queued, true
}

func (p *pending) remove(r *sched.Request) bool {
	i := slices.IndexFunc(p.entries, func(e entry) bool { return e.request == r })
	if i < 0 {
		return false
	}
	heap.Remove(&p.entries, i)
	return true
}

// entries implements heap.Interface.
type entries []entry

func (e entries) Len() int      { return len(e) }
func (e entries) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e entries) Less(i, j int) bool {
	a, b := e[i].request.Times.Queued, e[j].request.Times.Queued
	return a < b || a == b && e[i].serial < e[j].serial
}
func (e *entries) Push(x any) { *e = append(*e, x.(entry)) }
func (e *entries) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = entry{}
	*e = (*e)[:last]
	return x
}
