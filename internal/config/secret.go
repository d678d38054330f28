package config

import (
	"fmt"
	"os"
	"strings"
)

// secret reads what a setting refers to, so that no secret stands on a command line
// or in a settings file: env:NAME or file:PATH. "" refers to nothing.
func (s Source) secret(flag, reference string) (string, error) {
	kind, of, _ := strings.Cut(reference, ":")
	var value string
	switch {
	case reference == "":
		return "", nil
	case kind == "env" && of != "":
		value, _ = s.Env(of)
	case kind == "file" && of != "":
		content, err := os.ReadFile(of)
		if err != nil {
			return "", wrong(flag, err.Error(), "name a file that can be read")
		}
		value = strings.TrimSpace(string(content))
	default:
		return "", wrong(flag, "is no reference", "write env:NAME or file:PATH; the secret itself does not belong here")
	}
	if value == "" {
		return "", wrong(flag, fmt.Sprintf("%s is empty", reference), "put the secret there, or leave the setting out")
	}
	return value, nil
}
