package vllm

import _ "embed" // the catalogue is data in a file of its own

// catalogueFile describes the launch parameters of vLLM 0.x, with the source of
// each statement.
//
//go:embed catalogue.yaml
var catalogueFile []byte
