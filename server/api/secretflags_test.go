package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSecretsInCommandLines_AreRefusedByFlag_AndNeverRepeated(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"--api-key":              "vllm serve m --api-key hunter2",
		"--api-key of vLLM":      "vllm serve m --api-key=hunter2 --max-num-seqs 16",
		"--api-key of TGI":       "text-generation-launcher --model-id m --api-key hunter2",
		"--api-key of SGLang":    "python3 -m sglang.launch_server --model-path m --api-key hunter2",
		"--admin-api-key":        "python3 -m sglang.launch_server --model-path m --admin-api-key hunter2",
		"--ssl-keyfile-password": "python3 -m sglang.launch_server --model-path m --ssl-keyfile-password hunter2",
	} {
		h := newHarness(t)
		r := h.do(http.MethodPost, "/api/v1/fleets", fleetBody(set("command_line", line)))
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, name)
		require.Contains(t, fieldsOf(r.problem()), "config.flags.--", name)
		require.NotEmpty(t, r.problem().Errors[0].Fix)
		require.NotContains(t, r.Body.String(), "hunter2", name)
		require.NotContains(t, h.log.String(), "hunter2", name)
	}
}

func TestSecretsInConfigurations_AreRefusedEverywhere(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	config := map[string]any{"engine": "vllm", "model": "m", "flags": []any{map[string]any{"name": "--api-key", "value": "hunter2"}}}
	for path, body := range map[string]any{
		"/api/v1/fleets":               fleetBody(set("name", "b"), set("command_line", ""), set("config", config)),
		"/api/v1/fleets/chat/rollouts": map[string]any{"config": config},
		"/api/v1/fleets/chat/runs":     map[string]any{"candidates": []any{config}},
		"/api/v1/waves":                map[string]any{"fleets": []string{"chat"}, "config": config},
		"/api/v1/analyses/preview":     map[string]any{"config": config, "hardware": map[string]any{"gpu": "H100"}, "snapshot": map[string]any{}},
	} {
		r := h.do(http.MethodPost, path, body)
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, "%s: %s", path, r.Body.String())
		require.Contains(t, fieldsOf(r.problem()), "--api-key", path)
		require.NotContains(t, r.Body.String(), "hunter2", path)
	}
	require.Empty(t, h.workflows.started)
}
