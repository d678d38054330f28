package vllm

import (
	"encoding/json"
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Routes beside the metrics page. Neither needs a key of its own.
const (
	pathVersion = "/version"
	pathModels  = "/v1/models"
)

// InfoPaths are the routes that say what the metrics page does not: the version
// and the model's root checkpoint.
func (e Engine) InfoPaths() []string { return []string{pathVersion, pathModels} }

// ReadInfo translates the answer of one of InfoPaths.
func (e Engine) ReadInfo(path string, body []byte) (engine.Info, error) {
	switch path {
	case pathVersion:
		var v struct {
			Version   string `json:"version"`
			Simulated bool   `json:"simulated"`
		}
		if err := json.Unmarshal(body, &v); err != nil {
			return engine.Info{}, fmt.Errorf("read vllm %s: %w", path, err)
		}
		return engine.Info{Version: v.Version, Revealed: serving.RevealSimulated(v.Simulated)}, nil
	case pathModels:
		return readModels(body)
	}
	return engine.Info{}, fmt.Errorf("read vllm info: %s is not one of its routes", path)
}

// readModels takes the first model: adapters (LoRA) follow the base model.
func readModels(body []byte) (engine.Info, error) {
	var list struct {
		Data []struct {
			ID          string      `json:"id"`
			Root        string      `json:"root"`
			MaxModelLen json.Number `json:"max_model_len"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return engine.Info{}, fmt.Errorf("read vllm %s: %w", pathModels, err)
	}
	if len(list.Data) == 0 {
		return engine.Info{}, nil
	}
	first := list.Data[0]
	info := engine.Info{Model: first.ID, Revealed: map[string]string{}}
	if first.Root != "" {
		info.Revealed["model_root"] = first.Root
	}
	if first.MaxModelLen != "" {
		info.Revealed["max_model_len"] = first.MaxModelLen.String()
	}
	return info, nil
}
