package perfmodel

import (
	"bytes"
	"embed"
	"fmt"

	yaml "go.yaml.in/yaml/v3"
)

//go:embed data
var data embed.FS

// The tables, read once from the files built into the program and never written
// again. Tests read every file, so a slip in one cannot reach a release.
var (
	gpuTable          = read("data/gpus.yaml", gpuRow.gpu)
	architectureTable = read("data/models.yaml", architectureRow.architecture)
)

// read turns the rows of a file into what the model uses. A key that the row
// does not have is an error: a misspelt constant would otherwise be a silent 0.
func read[Row, T any](name string, convert func(Row) T) []T {
	file, err := data.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("perfmodel: %v", err)) // the file is part of the program
	}
	strict := yaml.NewDecoder(bytes.NewReader(file))
	strict.KnownFields(true)
	var rows []Row
	if err := strict.Decode(&rows); err != nil {
		panic(fmt.Sprintf("perfmodel: %s: %v", name, err))
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = convert(r)
	}
	return out
}
