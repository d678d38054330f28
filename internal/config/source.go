package config

import (
	"errors"
	"io"
	"strings"
)

// Source is where settings come from.
type Source struct {
	Args []string // without the program's name
	// Env looks up an environment variable; os.LookupEnv is one.
	Env func(name string) (string, bool)
	// Output gets what --help and --version print.
	Output  io.Writer
	Version string
}

// ErrPrinted says that help or the version was asked for and printed: there is
// nothing to run, and nothing is wrong.
var ErrPrinted = errors.New("help or version printed")

// envPrefix begins every variable of ours.
const envPrefix = "PERFAGENT_"

// envName is the variable of a flag.
func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
