package trend_test

import (
	"testing"

	"github.com/optiinfra/performance-agent/internal/trend"
)

func BenchmarkAnalyse_2880Points(b *testing.B) {
	points := noisy(2880, 1, 0.3, steady(0.01))
	for b.Loop() {
		trend.Analyse(points, cfg)
	}
}

func BenchmarkCompare_2Times1440Points(b *testing.B) {
	points := noisy(2880, 1, 0.3, steady(0))
	for b.Loop() {
		trend.Compare(points[:1440], points[1440:], cfg)
	}
}
