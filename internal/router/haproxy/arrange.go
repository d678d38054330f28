package haproxy

import (
	"cmp"
	"slices"
)

// change fills a slot with an address, or empties it when the address is "".
type change struct {
	slot    slot
	address string
}

// arrange finds the fewest changes that make the filled slots exactly those
// addresses, first those that add and then those that take away. ok is false
// when there are too few slots. A slot that still has requests is filled anew
// only when no other is left: they go on, but are then counted with those of the
// new replica.
func arrange(slots []slot, wanted []string) (changes []change, ok bool) {
	var keep []string
	var free, leaving []slot
	for _, s := range slots {
		switch {
		case !s.filled:
			free = append(free, s)
		case slices.Contains(wanted, s.address) && !slices.Contains(keep, s.address):
			keep = append(keep, s.address)
		default:
			leaving = append(leaving, s)
		}
	}
	slices.SortStableFunc(free, func(a, b slot) int { return cmp.Compare(a.inFlight, b.inFlight) })
	free = append(free, leaving...)
	used := map[string]bool{}
	for _, address := range wanted {
		if slices.Contains(keep, address) {
			continue
		}
		if len(free) == 0 {
			return nil, false
		}
		changes = append(changes, change{slot: free[0], address: address})
		used[free[0].path()] = true
		free = free[1:]
	}
	for _, s := range leaving {
		if !used[s.path()] {
			changes = append(changes, change{slot: s})
		}
	}
	return changes, true
}
