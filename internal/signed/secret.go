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

// HostSecret looks in the environment of this process and in its files. Its
// errors do not repeat what it found.
func HostSecret(ref serving.SecretRef) ([]byte, error) {
	if err := ref.Validate(); err != nil {
		return nil, err
	}
	kind, name, _ := strings.Cut(string(ref), ":")
	secret := []byte(os.Getenv(name))
	if kind == "file" {
		var err error
		if secret, err = readSecretFile(name); err != nil {
			return nil, fmt.Errorf("secret %s: %w", ref, err)
		}
	}
	if secret = bytes.TrimSpace(secret); len(secret) == 0 {
		return nil, fmt.Errorf("secret %s is not set in this process", ref)
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
