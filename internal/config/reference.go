package config

import (
	"fmt"
	"io"

	"github.com/alecthomas/kong"
)

// Setting is one setting, as people need to know it.
type Setting struct {
	Flag, Variable, Default, Help string
}

// ServerReference are all settings of the server, in the order of its help.
func ServerReference() ([]Setting, error) { return reference(&Server{}) }

// WorkerReference are all settings of the worker, in the order of its help.
func WorkerReference() ([]Setting, error) { return reference(&Worker{}) }

// reference reads the tags from which the settings themselves are read, so that
// the two cannot differ.
func reference(settings any) ([]Setting, error) {
	parser, err := kong.New(settings, kong.Writers(io.Discard, io.Discard))
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	var out []Setting
	for _, group := range parser.Model.AllFlags(true) {
		for _, f := range group {
			if f.Name == "help" {
				continue
			}
			out = append(out, Setting{Flag: "--" + f.Name, Variable: envName(f.Name), Default: f.Default, Help: f.Help})
		}
	}
	return out, nil
}
