package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestRiskOf_IsTheGreatestOfWhatDiffers(t *testing.T) {
	t.Parallel()
	catalogue := engine.Catalogue{Parameters: []engine.Parameter{
		{Flag: "--seqs", Risk: serving.RiskCheap}, {Flag: "--kv-dtype", Risk: serving.RiskNumerics},
		{Flag: "--weights", Risk: serving.RiskNewWeights}, {Flag: "--config", Risk: serving.RiskCheap},
		{Flag: "--max-len", Risk: serving.RiskCapabilityCut},
	}}
	base := serving.EngineConfig{Engine: serving.VLLM, Version: "0.11", Model: "m", Flags: []serving.Flag{{Name: "--seqs", Value: "4"}}}
	model, version := base, base
	model.Model, version.Version = "other", "0.12"
	for name, c := range map[string]struct {
		to   serving.EngineConfig
		want serving.RiskClass
	}{
		"nothing":                     {base, serving.RiskCheap},
		"a cheap flag":                {base.With("--seqs", "8"), serving.RiskCheap},
		"a cheap flag taken away":     {base.Without("--seqs"), serving.RiskCheap},
		"one that changes results":    {base.With("--seqs", "8").With("--kv-dtype", "fp8"), serving.RiskNumerics},
		"other weights beside it":     {base.With("--weights", "x").With("--kv-dtype", "fp8"), serving.RiskNewWeights},
		"a cut":                       {base.With("--max-len", "9"), serving.RiskCapabilityCut},
		"a key of a cheap parameter":  {base.With("--config.mode", "3"), serving.RiskCheap},
		"a flag that nobody knows":    {base.With("--mystery", ""), serving.RiskNumerics},
		"another model":               {model, serving.RiskNewWeights},
		"another build of the engine": {version, serving.RiskNumerics},
	} {
		require.Equal(t, c.want, engine.RiskOf(catalogue, base, c.to), name)
	}
}
