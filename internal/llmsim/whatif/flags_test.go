package whatif_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/whatif"
)

// Each flag of vLLM's catalogue that changes performance moves the simulation the
// way that the engine's documentation says. Sizes are judged in bench/fidelity;
// speculation and data parallelism have tests of their own.
func TestRun_Flags_MoveTheSimulationAsDocumented(t *testing.T) {
	t.Parallel()
	ttft := func(r whatif.Report) float64 { return r.TTFT.Mean }
	itl := func(r whatif.Report) float64 { return r.ITL.Mean }
	stall := func(r whatif.Report) float64 { return r.ITL.P99 }
	preempted := func(r whatif.Report) float64 { return float64(r.Preemptions) }
	usage := func(r whatif.Report) float64 { return r.KVUsageMax }
	starved := []string{"--max-model-len", "4096", "--kv-cache-memory-bytes", "1500M"}
	for _, c := range []struct {
		about   string
		base    []string
		flags   []string
		rate    float64
		input   int
		share   float64
		of      func(whatif.Report) float64
		at      string // "lower" or "higher" than without
		atLeast float64
	}{
		{about: "eager mode lengthens every step", flags: []string{"--enforce-eager", ""}, of: itl, at: "higher", atLeast: 1.3},
		{about: "few slots make requests wait", flags: []string{"--max-num-seqs", "4"}, rate: 20, of: ttft, at: "higher", atLeast: 5},
		{about: "a small token budget smooths prefill out", flags: []string{"--max-num-batched-tokens", "512"}, input: 4000, of: stall, at: "lower", atLeast: 1.5},
		{about: "a small token budget delays first tokens", flags: []string{"--max-num-batched-tokens", "512"}, input: 4000, of: ttft, at: "higher", atLeast: 1.2},
		{about: "a chunk limit smooths prefill out", flags: []string{"--long-prefill-token-threshold", "512"}, input: 4000, of: stall, at: "lower", atLeast: 1.5},
		{about: "8-bit weights stream faster", flags: []string{"--quantization", "fp8"}, of: itl, at: "lower", atLeast: 1.2},
		{about: "an 8-bit cache holds twice as much", flags: []string{"--kv-cache-dtype", "fp8"}, rate: 20, of: usage, at: "lower", atLeast: 1.7},
		{about: "an 8-bit cache lets more run at once", base: starved, flags: []string{"--kv-cache-dtype", "fp8"}, rate: 20, of: ttft, at: "lower", atLeast: 1.5},
		{about: "more memory holds more", flags: []string{"--gpu-memory-utilization", "0.6"}, rate: 20, of: usage, at: "higher", atLeast: 1.5},
		{about: "a larger cache preempts less", base: starved, flags: []string{"--kv-cache-memory-bytes", "20G"}, rate: 30, of: preempted, at: "lower", atLeast: 1.5},
		{about: "without prefix caching shared prompts are computed again", flags: []string{"--enable-prefix-caching", "false"}, share: 0.5, input: 2000, of: ttft, at: "higher", atLeast: 1.3},
		{about: "synchronous scheduling adds host time", flags: []string{"--async-scheduling", "false"}, rate: 20, of: itl, at: "higher", atLeast: 1.02},
		{about: "synchronous scheduling sees requests a step sooner", flags: []string{"--async-scheduling", "false"}, of: ttft, at: "lower", atLeast: 1.05},
		{about: "short steps above the graphs wait for launches", base: []string{"--quantization", "fp8"}, flags: []string{"--max-cudagraph-capture-size", "1"}, of: itl, at: "higher", atLeast: 1.02},
	} {
		load := traffic(whatif.Stage{Rate: max(c.rate, 4), Seconds: 40})
		load.PrefixShare = c.share
		load.Output = 200
		if c.input > 0 {
			load.Input = c.input
		}
		without, err := whatif.Run(engine(t, c.base...), load, 1)
		require.NoError(t, err)
		with, err := whatif.Run(engine(t, append(append([]string{}, c.base...), c.flags...)...), load, 1)
		require.NoError(t, err)
		before, after := c.of(without), c.of(with)
		if c.at == "lower" {
			before, after = after, before
		}
		require.GreaterOrEqual(t, after, c.atLeast*before, "%s: %v %v", c.about, before, after)
		require.Positive(t, after, c.about)
	}
}
