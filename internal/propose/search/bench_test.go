package search_test

import (
	"testing"

	"github.com/optiinfra/performance-agent/internal/propose/search"
)

// BenchmarkNext is one answer from nothing, as an activity gives it.
func BenchmarkNext(b *testing.B) {
	p := mistuned(b)
	s := site{problem: p, host: 1.2}
	seen, _ := s.run(b)
	for b.Loop() {
		search.Next(p, seen[:4])
	}
}
