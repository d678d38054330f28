package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// resolver gives kong the values that were not set by a flag: the environment's
// or else the file's. kong's own support for variables is not used, since it
// reads the process's environment and lets a file beat it.
type resolver struct {
	env  func(string) (string, bool)
	file *file
	// origin is where the value handed out last came from. kong parses a value
	// as soon as it has it, so this is what a parse error is about.
	origin string
}

// Validate refuses keys of the file that are no settings: a misspelt key would
// be ignored in silence.
func (r *resolver) Validate(app *kong.Application) error {
	var known []string
	for _, group := range app.AllFlags(false) {
		for _, flag := range group {
			known = append(known, flag.Name)
		}
	}
	for _, key := range r.file.keys() {
		if !slices.Contains(known, key) {
			slices.Sort(known)
			return fmt.Errorf("%s: %q is no setting: use one of %s", r.file.path, key, strings.Join(known, ", "))
		}
	}
	return nil
}

// Resolve implements kong.Resolver; nil leaves the default.
func (r *resolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	r.origin = ""
	if flag.Name == "config" || flag.Name == "help" || flag.Name == "version" {
		return nil, nil
	}
	if value, ok := r.env(envName(flag.Name)); ok && value != "" {
		r.origin = envName(flag.Name)
		return value, nil
	}
	value, ok := r.file.value(flag.Name, flag.Tag.Sep)
	if !ok {
		return nil, nil
	}
	r.origin = r.file.path
	return value, nil
}

// explain adds to an error where the value came from, unless it was a flag.
func (r *resolver) explain(err error) error {
	if r.origin == "" {
		return err
	}
	return fmt.Errorf("%s: %w", r.origin, err)
}
