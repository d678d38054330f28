package sglang

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Routes beside the metrics page. /get_server_info is the name of /server_info
// before 0.5.7, where both answer.
const (
	pathServer       = "/server_info"
	pathServerFormer = "/get_server_info"
	pathModel        = "/model_info"
)

// InfoPaths are the routes that say what the metrics page does not: the version,
// the settings in force and the size of the KV cache.
func (e Engine) InfoPaths() []string { return []string{pathServer, pathServerFormer, pathModel} }

// ReadInfo translates the answer of one of InfoPaths.
func (e Engine) ReadInfo(path string, body []byte) (engine.Info, error) {
	var read func([]byte) (engine.Info, error)
	switch path {
	case pathServer, pathServerFormer:
		read = e.serverInfo
	case pathModel:
		read = modelInfo
	default:
		return engine.Info{}, fmt.Errorf("read sglang info: %s is not one of its routes", path)
	}
	info, err := read(body)
	if err != nil {
		return engine.Info{}, fmt.Errorf("read sglang %s: %w", path, err)
	}
	return info, nil
}

// object is a JSON object of which some keys are of interest.
type object map[string]json.RawMessage

// serverInfo reads the server's arguments, which are the keys of the answer, and
// what each data-parallel group made of them. A null among the arguments may mean
// "not resolved here", so the groups' word counts more.
func (e Engine) serverInfo(body []byte) (engine.Info, error) {
	var asked object
	if err := json.Unmarshal(body, &asked); err != nil {
		return engine.Info{}, err
	}
	var groups []object
	if raw, has := asked["internal_states"]; has {
		if err := json.Unmarshal(raw, &groups); err != nil {
			return engine.Info{}, fmt.Errorf("internal_states: %w", err)
		}
	}
	resolved := object{}
	if len(groups) > 0 {
		resolved = groups[0] // all groups share one configuration
	}
	info := engine.Info{
		Model: text(asked["served_model_name"]), Version: text(asked["version"]),
		KVCapacityTokens: capacity(asked, groups), Revealed: map[string]string{},
	}
	if info.Model == "" {
		info.Model = text(asked["model_path"])
	}
	maps.Copy(info.Revealed, serving.RevealSimulated(text(asked["simulated"]) == "true"))
	for _, key := range e.settings() {
		value := text(resolved[key])
		if value == "" {
			value = text(asked[key])
		}
		if value != "" {
			info.Revealed[key] = value
		}
	}
	return info, nil
}

// settings are the keys that may be repeated: those of the parameters that a
// recommendation can be about, and figures. All others stay out, since the answer
// holds API keys and addresses.
func (e Engine) settings() []string {
	keys := []string{
		"model_path", "served_model_name", "context_length", "enable_metrics", "decode_log_interval", "disaggregation_mode", "nnodes",
		"max_total_num_tokens", "max_req_input_len", "effective_max_running_requests_per_dp", "avg_spec_accept_length", "weight_version",
	}
	for _, p := range e.catalogue.Parameters {
		if p.Family != "" && p.Flag != flagNodes {
			keys = append(keys, strings.ReplaceAll(strings.TrimPrefix(p.Flag, "--"), "-", "_"))
		}
	}
	return keys
}

// capacity is the KV cache of all groups: each states its own, else the first
// group's, which the answer carries, counts for each.
func capacity(asked object, groups []object) serving.Measure {
	total := serving.Known(0)
	for _, g := range groups {
		var memory object
		if json.Unmarshal(g["memory_usage"], &memory) != nil {
			memory = nil
		}
		own, known := number(memory["token_capacity"]).Get()
		if !known {
			total = serving.Unknown()
			break
		}
		total = total.Plus(serving.Known(own))
	}
	if len(groups) > 0 && total.IsKnown() {
		return total
	}
	first, known := number(asked["max_total_num_tokens"]).Get()
	if !known {
		return serving.Unknown()
	}
	return serving.Known(first * float64(max(len(groups), 1)))
}

func modelInfo(body []byte) (engine.Info, error) {
	var asked object
	if err := json.Unmarshal(body, &asked); err != nil {
		return engine.Info{}, err
	}
	info := engine.Info{Model: text(asked["served_model_name"]), Revealed: map[string]string{}}
	if info.Model == "" {
		info.Model = text(asked["model_path"])
	}
	for _, key := range []string{"model_path", "model_type", "weight_version"} {
		if value := text(asked[key]); value != "" {
			info.Revealed[key] = value
		}
	}
	return info, nil
}

// text is a value as a person writes it; "" for null and for what is not there.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var short bytes.Buffer
	if json.Compact(&short, raw) != nil || short.String() == "null" {
		return ""
	}
	return short.String()
}

func number(raw json.RawMessage) serving.Measure {
	var v *float64
	if json.Unmarshal(raw, &v) != nil || v == nil {
		return serving.Unknown()
	}
	return serving.Known(*v)
}
