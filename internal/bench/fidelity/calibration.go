package fidelity

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/llmsim/whatif"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// firstRequests is the number of requests that a "first-300-requests" row covers.
const firstRequests = 300

// Experiment is one measured run of an engine, with a row for each stage that was
// reported and one for the whole.
type Experiment struct {
	ID, Workload string
	Source       string // "full-run" or "first-300-requests"
	Config       serving.EngineConfig
	Hardware     serving.Hardware
	Traffic      whatif.Traffic
	KVBlocks     float64 // logged; 0: not known
	Fit          bool    // used for fitting
	Rows         []Measured
}

// Measured are the latencies of an experiment or of one of its stages, in
// milliseconds as in the file.
type Measured struct {
	Stage string // "all" or the number of a stage
	TTFT  Percentiles
	E2E   Percentiles
	ITL   float64 // mean
}

// Percentiles of a latency.
type Percentiles struct{ Mean, P90, P99 float64 }

// fitted are the experiments that constants were fitted on: about half, with each
// architecture that stands in several experiments in both sets, and with Yi 34B,
// Qwen2.5 7B and Llama 2 7B left for the test alone.
func fitted() []string {
	return []string{"3", "9", "13", "16", "17", "18", "27", "28", "46", "48", "49", "58", "59", "60", "62"}
}

// ReadCalibration reads the experiments of calibration.csv in the given folder.
func ReadCalibration(dir string) ([]Experiment, error) {
	lines, err := readTable(filepath.Join(dir, "calibration.csv"))
	if err != nil {
		return nil, err
	}
	var out []Experiment
	for _, l := range lines {
		id := l.text("experiment")
		if n := len(out); n == 0 || out[n-1].ID != id {
			e, err := experimentOf(l)
			if err != nil {
				return nil, fmt.Errorf("experiment %s: %w", id, err)
			}
			out = append(out, e)
		}
		last := &out[len(out)-1]
		last.Rows = append(last.Rows, measuredOf(l))
	}
	return out, nil
}

func experimentOf(l line) (Experiment, error) {
	stages, err := whatif.ParseStages(l.text("stages_rps"))
	if err != nil {
		return Experiment{}, err
	}
	e := Experiment{
		ID: l.text("experiment"), Workload: l.text("workload"), Source: l.text("source"),
		Hardware: serving.Hardware{GPU: l.text("gpu"), GPUs: l.integer("tensor_parallel")},
		KVBlocks: l.number("kv_blocks_of_16"),
		Fit:      slices.Contains(fitted(), l.text("experiment")),
	}
	e.Config = serving.EngineConfig{Engine: serving.VLLM, Version: "0.15.1", Model: l.text("model")}
	for _, f := range [][2]string{
		{"--tensor-parallel-size", l.text("tensor_parallel")}, {"--max-num-seqs", l.text("max_num_seqs")},
		{"--max-num-batched-tokens", l.text("max_num_batched_tokens")},
		{"--gpu-memory-utilization", l.text("gpu_memory_utilization")}, {"--max-model-len", "4096"},
	} {
		e.Config = e.Config.With(f[0], f[1])
	}
	if e.Source == "first-300-requests" {
		stages = []whatif.Stage{{Rate: stages[0].Rate, Seconds: firstRequests / stages[0].Rate}}
	}
	system := l.number("system_prompt_tokens")
	e.Traffic = whatif.DefaultTraffic()
	e.Traffic.Stages = stages
	e.Traffic.Input = int(l.number("question_tokens") + system)
	e.Traffic.Output = l.integer("output_tokens")
	e.Traffic.PrefixShare = system / float64(e.Traffic.Input)
	return e, nil
}

func measuredOf(l line) Measured {
	return Measured{
		Stage: l.text("stage"), ITL: l.number("itl_mean_ms"),
		TTFT: Percentiles{l.number("ttft_mean_ms"), l.number("ttft_p90_ms"), l.number("ttft_p99_ms")},
		E2E:  Percentiles{l.number("e2e_mean_ms"), l.number("e2e_p90_ms"), l.number("e2e_p99_ms")},
	}
}

// label names an experiment for people.
func (e Experiment) label() string {
	name := e.Config.Model[strings.LastIndexByte(e.Config.Model, '/')+1:]
	return fmt.Sprintf("%s %s", name, e.Workload)
}
