package api

import (
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// secretFlags are launch flags whose value is a secret, with what to do instead. A
// fleet's configuration is shown to every viewer and kept in records and in the
// histories of workflows, so no secret may come into it.
func secretFlags() map[string]string {
	const file = "name a file that the engine's host has, or terminate TLS in front of the engine"
	return map[string]string{
		"--api-key":              "take it out and set it where the engine runs: VLLM_API_KEY for vLLM, API_KEY for TGI; for SGLang put it into the file that --config names there",
		"--admin-api-key":        "take it out and put it into the file that --config names on the engine's host",
		"--hf-token":             "take it out and set HF_TOKEN where the engine runs",
		"--ngrok-authtoken":      "take it out and set NGROK_AUTHTOKEN where the engine runs",
		"--ssl-keyfile-password": file,
	}
}

// secretProblems refuses a configuration with a secret in it. It names the flag and
// never the value.
func secretProblems(c serving.EngineConfig) []FieldProblem {
	var list []FieldProblem
	fixes := secretFlags()
	for _, f := range c.Flags {
		name := "--" + strings.ReplaceAll(strings.TrimLeft(f.Name, "-"), "_", "-")
		if fix, secret := fixes[name]; secret && f.Value != "" {
			list = append(list, FieldProblem{Field: "config.flags." + name, Message: "is a secret, and a configuration is shown, recorded and sent to the provisioner", Fix: fix})
		}
	}
	return list
}
