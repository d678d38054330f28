package config

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// load fills settings, a pointer to a struct with kong's tags.
func load(src Source, settings any, name, description string) error {
	file, err := configFile(src)
	if err != nil {
		return err
	}
	values := &resolver{env: src.Env, file: file}
	printed := false
	parser, err := kong.New(settings, kong.Name(name), kong.Description(description),
		kong.Writers(src.Output, src.Output), kong.Exit(func(int) { printed = true }),
		kong.Resolvers(values), kong.ValueFormatter(helpOf), kong.Vars{"version": src.Version},
		kong.Embed(&struct {
			Version kong.VersionFlag `help:"Print the version."`
		}{}))
	if err != nil {
		return fmt.Errorf("settings of %s: %w", name, err)
	}
	_, err = parser.Parse(src.Args)
	switch {
	case printed:
		return ErrPrinted
	case err != nil:
		return values.explain(err)
	}
	return nil
}

// helpOf adds the variable to a setting's help.
func helpOf(v *kong.Value) string {
	if v.Flag == nil || v.Name == "help" || v.Name == "version" {
		return v.Help
	}
	return fmt.Sprintf("%s ($%s)", v.Help, envName(v.Name))
}

// configFile reads the file that --config or its variable names. It is found
// before anything is parsed, because parsing needs what is in it.
func configFile(src Source) (*file, error) {
	path, _ := src.Env(envName("config"))
	for i, arg := range src.Args {
		if arg == "--" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--config="); ok {
			path = value
		}
		if arg == "--config" && i+1 < len(src.Args) {
			path = src.Args[i+1]
		}
	}
	if path == "" {
		return &file{}, nil
	}
	return readFile(path)
}
