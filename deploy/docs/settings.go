package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/config"
)

const aboutSettings = `# Configuration

Every setting has one name in three spellings: the flag, the variable, and the
flag's name without its dashes in a YAML file that ` + "`--config`" + ` names, one
` + "`name: value`" + ` a line. A flag beats a variable, a variable the file, the file the
default; an unknown name in the file is an error. Server and worker are often given
one environment: variables of the other are no error.

Secrets stand in none of them: a setting that needs one takes a reference,
` + "`env:NAME` or `file:PATH`" + `.

How Temporal is reached is said by Temporal's own variables (` + "`TEMPORAL_ADDRESS`,\n`TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS`, `TEMPORAL_TLS_CLIENT_CERT_PATH`" + ` and so
on) or its profile file, for both programs. What a fleet may do is in its record
(` + "`policy`" + `), not here.
`

// settingsPage has what both programs take, then what each has of its own.
func settingsPage() (string, error) {
	server, err := config.ServerReference()
	if err != nil {
		return "", err
	}
	worker, err := config.WorkerReference()
	if err != nil {
		return "", err
	}
	both := slices.DeleteFunc(slices.Clone(server), func(s config.Setting) bool { return !slices.Contains(worker, s) })
	own := func(of []config.Setting) []config.Setting {
		return slices.DeleteFunc(slices.Clone(of), func(s config.Setting) bool { return slices.Contains(both, s) })
	}
	return generated + aboutSettings + settingsTable("Server and worker", both) + settingsTable("Server", own(server)) +
		settingsTable("Worker", own(worker)), nil
}

func settingsTable(title string, list []config.Setting) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n| flag | variable | default | what it is |\n|---|---|---|---|\n", title)
	for _, s := range list {
		byDefault := ""
		if s.Default != "" {
			byDefault = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", s.Flag, s.Variable, byDefault, cell(s.Help))
	}
	return b.String()
}

// cell is text that does not end its cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "[", `\[`).Replace(text)
}
