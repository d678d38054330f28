package perfmodel_test

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/recorded"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const llama8B = "meta-llama/Llama-3.1-8B-Instruct"

// launch makes a vLLM configuration from flag and value pairs.
func launch(model string, flags ...string) serving.EngineConfig {
	cfg := serving.EngineConfig{Engine: serving.VLLM, Model: model}
	for i := 0; i+1 < len(flags); i += 2 {
		cfg = cfg.With(flags[i], flags[i+1])
	}
	return cfg
}

func versioned(cfg serving.EngineConfig, version string) serving.EngineConfig {
	cfg.Version = version
	return cfg
}

func model(t *testing.T, gpu string, gpus int, cfg serving.EngineConfig) perfmodel.Model {
	t.Helper()
	m, err := perfmodel.New(cfg, serving.Hardware{GPU: gpu, GPUs: gpus})
	require.NoError(t, err)
	return m
}

func workload(prompt, output float64) serving.Workload {
	return serving.Workload{
		PromptTokens:  serving.Lengths{Mean: prompt, CV: 0.5},
		OutputTokens:  serving.Lengths{Mean: output, CV: 0.5},
		PrefixGroups:  8,
		RatePerSecond: 1,
	}
}

// overload is a rate that no replica serves.
const overload = 1e5

// row is a line of a measured data set, by column name.
type row map[string]string

func (r row) number(t *testing.T, column string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(r[column], 64)
	require.NoError(t, err, column)
	return v
}

// measured reads a data set that lies beside the repository, and skips the test
// where it is absent.
func measured(t *testing.T, name string) []row {
	t.Helper()
	f, err := os.Open(recorded.Path(t, "vllm-measured", name))
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	var out []row
	for _, line := range lines[1:] {
		r := row{}
		for i, column := range lines[0] {
			r[column] = line[i]
		}
		out = append(out, r)
	}
	return out
}

func find(t *testing.T, rows []row, id string) row {
	t.Helper()
	for _, r := range rows {
		if r["id"] == id {
			return r
		}
	}
	require.Failf(t, "no such point", id)
	return nil
}
