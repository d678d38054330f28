package config

import (
	"errors"

	"github.com/optiinfra/performance-agent/internal/signed"
)

// secret reads what a setting refers to, so that no secret stands on a command line
// or in a settings file: env:NAME or file:PATH. "" refers to nothing.
func (s Source) secret(flag, reference string) (string, error) {
	if reference == "" {
		return "", nil
	}
	value, err := signed.Lookup(s.Env, reference)
	switch {
	case errors.Is(err, signed.ErrNoReference):
		return "", wrong(flag, "is no reference", "write env:NAME or file:PATH; the secret itself does not belong here")
	case err != nil:
		return "", wrong(flag, err.Error(), "put the secret there, or leave the setting out")
	}
	return string(value), nil
}
