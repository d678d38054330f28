package fidelity

import (
	"fmt"
	"runtime"
	"time"

	"github.com/optiinfra/performance-agent/internal/llmsim/whatif"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Speed is how fast virtual time runs: requests of 500 in, 250 out on one core,
// at a rate that keeps a batch of 64 and more.
type Speed struct {
	Requests          int     `json:"requests"`
	WallSeconds       float64 `json:"wall_seconds"`
	RequestsPerSecond float64 `json:"requests_per_wall_second"`
	MeanBatch         float64 `json:"mean_batch"`
	// HeapGrowth is the heap after the run less before, in bytes.
	HeapGrowth int64 `json:"heap_growth_bytes"`
}

// MeasureSpeed runs the benchmark once, alone on one core.
func MeasureSpeed() (Speed, error) {
	m, err := perfmodel.New(serving.EngineConfig{Engine: serving.VLLM, Model: "meta-llama/Llama-3.1-8B-Instruct", Version: "0.15.1"}, serving.Hardware{GPU: "H100", GPUs: 1})
	if err != nil {
		return Speed{}, fmt.Errorf("speed: %w", err)
	}
	t := whatif.DefaultTraffic()
	t.Input, t.Output = 500, 250
	t.Stages = []whatif.Stage{{Rate: 24, Seconds: 400}}
	before := heap()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	begun := time.Now()
	r, err := whatif.Run(m, t, seed)
	if err != nil {
		return Speed{}, fmt.Errorf("speed: %w", err)
	}
	wall := time.Since(begun).Seconds()
	return Speed{
		Requests: r.Requests, WallSeconds: wall, RequestsPerSecond: float64(r.Requests) / wall,
		MeanBatch: r.RequestsPerSecond * r.E2E.Mean, HeapGrowth: int64(heap()) - int64(before),
	}, nil
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
