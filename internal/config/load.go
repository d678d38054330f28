package config

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// Load fills settings (a pointer to Server or Worker) from the arguments, then
// the environment, then the file that --config names, then the defaults. The
// error names the flag. Help and wrong usage end the program through exit, as
// kong does.
func Load(name string, settings any, args []string, options ...kong.Option) error {
	options = append([]kong.Option{kong.Name(name), kong.Configuration(yamlFile)}, options...)
	parser, err := kong.New(settings, options...)
	if err != nil {
		return fmt.Errorf("settings of %s: %w", name, err)
	}
	_, err = parser.Parse(args)
	return err
}

// yamlFile reads settings named as the flags are. An environment variable beats
// the file: kong by itself lets the file win.
func yamlFile(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := yaml.NewDecoder(r).Decode(&values); err != nil && err != io.EOF {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	return fileSettings(values), nil
}

// fileSettings answers kong from a file.
type fileSettings map[string]any

// Validate refuses a name that is no setting, which is mostly a misspelt one.
func (f fileSettings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, flag := range app.Flags {
		known[flag.Name] = true
	}
	for name := range f {
		if !known[name] {
			return fmt.Errorf("settings file: %q is no setting, see --help for the names", name)
		}
	}
	return nil
}

// Resolve gives a flag its value from the file, unless the environment has one.
func (f fileSettings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil
		}
	}
	value, ok := f[flag.Name]
	if !ok {
		return nil, nil
	}
	if list, isList := value.([]any); isList {
		words := make([]string, len(list))
		for i, v := range list {
			words[i] = fmt.Sprint(v)
		}
		return strings.Join(words, separator(flag)), nil
	}
	return fmt.Sprint(value), nil
}

// separator is what kong splits a list of this flag at.
func separator(flag *kong.Flag) string {
	if flag.Tag.Sep != -1 && flag.Tag.Sep != 0 {
		return string(flag.Tag.Sep)
	}
	return ","
}
