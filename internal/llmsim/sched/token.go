package sched

// Token is the identity of one token. Only equality matters: equal runs of
// tokens share cache blocks.
type Token uint32

// blockHash identifies a full block by its tokens and all those before it, so
// that equal hashes mean an equal prefix up to and including the block.
func blockHash(parent uint64, tokens []Token) uint64 {
	h := mix(parent + 1)
	for _, t := range tokens {
		h = mix(h ^ uint64(t))
	}
	return h
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
