package signed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ReadSecret looks up what a reference names.
type ReadSecret func(ref serving.SecretRef) ([]byte, error)

// maxSecretBytes is far above any secret; the path might be of something else.
const maxSecretBytes = 4096

// ErrNoReference is a text that names no place; it may be the secret itself, so it
// must not be repeated.
var ErrNoReference = errors.New("is no reference: write env:NAME or file:PATH")

// HostSecret looks in the environment of this process and in its files, at the
// places that a fleet's record may name.
func HostSecret(ref serving.SecretRef) ([]byte, error) {
	if err := ref.Validate(); err != nil {
		return nil, err
	}
	return Lookup(os.LookupEnv, string(ref))
}

// Lookup reads what a reference names: env:NAME in the environment, or file:PATH.
// Its errors do not repeat what it found.
func Lookup(env func(name string) (string, bool), reference string) ([]byte, error) {
	kind, name, _ := strings.Cut(reference, ":")
	var secret []byte
	switch {
	case kind == "env" && name != "":
		value, _ := env(name)
		secret = []byte(value)
	case kind == "file" && name != "":
		var err error
		if secret, err = readSecretFile(name); err != nil {
			return nil, fmt.Errorf("secret %s: %w", reference, err)
		}
	default:
		return nil, ErrNoReference
	}
	if secret = bytes.TrimSpace(secret); len(secret) == 0 {
		return nil, fmt.Errorf("secret %s is empty or not set in this process", reference)
	}
	return secret, nil
}

func readSecretFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecretBytes {
		return nil, errors.New("not a small regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxSecretBytes))
}
