package config

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// file is a settings file: one flat mapping from names of flags to a scalar or
// a list of scalars. The zero value is an empty file.
type file struct {
	path   string
	values map[string]yaml.Node
}

func readFile(path string) (*file, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--config (%s): %w: name a file that can be read", envName("config"), err)
	}
	var raw map[string]yaml.Node
	if err := yaml.Unmarshal(content, &raw); err != nil {
		return nil, fmt.Errorf("%s: %w: write one \"name: value\" a line", path, err)
	}
	f := &file{path: path, values: map[string]yaml.Node{}}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		if err := f.add(key, raw[key]); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *file) add(key string, node yaml.Node) error {
	name := strings.ReplaceAll(key, "_", "-")
	if _, twice := f.values[name]; twice {
		return fmt.Errorf("%s: %q is set in both spellings: keep one", f.path, name)
	}
	simple := node.Kind == yaml.ScalarNode || node.Kind == yaml.SequenceNode &&
		!slices.ContainsFunc(node.Content, func(n *yaml.Node) bool { return n.Kind != yaml.ScalarNode })
	if !simple {
		return fmt.Errorf("%s: line %d: %q must be one value or a list of values", f.path, node.Line, key)
	}
	f.values[name] = node
	return nil
}

func (f *file) keys() []string { return slices.Sorted(maps.Keys(f.values)) }

// value is the text of a setting as a flag would take it; a list is joined by
// the flag's separator. A key without a value counts as absent.
func (f *file) value(name string, separator rune) (string, bool) {
	node, ok := f.values[name]
	if !ok || node.Tag == "!!null" {
		return "", false
	}
	if node.Kind == yaml.ScalarNode {
		return node.Value, true
	}
	parts := make([]string, 0, len(node.Content))
	for _, n := range node.Content {
		parts = append(parts, n.Value)
	}
	return kong.JoinEscaped(parts, separator), true
}
