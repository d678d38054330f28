package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const aParameter = `
engine: tgi
versions: "3"
parameters:
  - flag: "--speculate"
    aliases: ["-s"]
    type: int
    default: none
    min: 0
    requires_restart: true
    risk: numerics
    family: speculative-decoding
    description: >-
      Tokens to
      guess.
    source: launcher/src/main.rs
`

func TestParseCatalogue_ReadsTheKeysOfItsJSON(t *testing.T) {
	t.Parallel()
	c, err := engine.ParseCatalogue([]byte(aParameter))
	require.NoError(t, err)
	require.Equal(t, engine.Catalogue{Engine: serving.TGI, Versions: "3", Parameters: []engine.Parameter{{
		Flag: "--speculate", Aliases: []string{"-s"}, Type: engine.Int, Default: "none", Min: serving.Known(0), RequiresRestart: true,
		Risk: serving.RiskNumerics, Family: serving.FamilySpeculation, Description: "Tokens to guess.", Source: "launcher/src/main.rs",
	}}}, c)
	require.Equal(t, c, engine.EmbeddedCatalogue([]byte(aParameter)))
}

func TestParseCatalogue_ASlipIsAnError(t *testing.T) {
	t.Parallel()
	for text, file := range map[string]string{
		"unknown field":                     "parameters:\n  - flag: a\n    kind: int\n",
		"parameter 1 has no flag":           "parameters:\n  - type: int\n",
		"a lacks a type, a risk or a":       "parameters:\n  - {flag: a, type: int, risk: cheap}\n",
		"-s occurs twice":                   aParameter + "  - {flag: -s, type: int, risk: cheap, source: x}\n",
		"cannot unmarshal":                  "parameters: 3\n",
		"parse catalogue: yaml":             "a: [",
		"that there is not: int, cheap, kv": "parameters:\n  - {flag: a, type: int, risk: cheap, family: kv, source: x}\n",
	} {
		_, err := engine.ParseCatalogue([]byte(file))
		require.ErrorContains(t, err, text)
	}
	require.Panics(t, func() { engine.EmbeddedCatalogue([]byte("parameters: 3")) })
}
