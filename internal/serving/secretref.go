package serving

import (
	"errors"
	"regexp"
)

// SecretRef says where a process finds a secret: "env:NAME" in its environment or
// "file:/PATH" on its host. The secret itself is never in a record, a history or
// an answer of the API. Names in the environment begin with WEBHOOK_, so that a
// record cannot have other credentials of the process used as one.
type SecretRef string

// Validate tells what is wrong with the reference without repeating it, because
// it may be a secret by mistake.
func (r SecretRef) Validate() error {
	if regexp.MustCompile(`^(env:WEBHOOK_[A-Z0-9_]+|file:/[A-Za-z0-9_./-]+)$`).MatchString(string(r)) {
		return nil
	}
	return errors.New("must be a reference, env:WEBHOOK_NAME or file:/PATH, and never the secret itself")
}
