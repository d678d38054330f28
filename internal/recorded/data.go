package recorded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// ErrAbsent is the error where the data is not beside the repository.
var ErrAbsent = errors.New("recorded data is not here")

// Find returns the file or folder of that name, relative to shared/data, beside the
// repository that holds the folder from. The error is ErrAbsent where it is not there,
// and another one outside a repository.
func Find(from string, name ...string) (string, error) {
	from, err := filepath.Abs(from)
	if err != nil {
		return "", fmt.Errorf("recorded data: %w", err)
	}
	for dir := from; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			path := filepath.Join(append([]string{dir, "..", "shared", "data"}, name...)...)
			if _, err := os.Stat(path); err != nil {
				return "", fmt.Errorf("%w: looked for %s", ErrAbsent, path)
			}
			return path, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("recorded data: no go.mod above %s", from)
		}
	}
}

// Path is the file or folder of that name for a test, which is skipped where it is
// absent.
func Path(t testing.TB, name ...string) string {
	t.Helper()
	path, err := Find(".", name...)
	if errors.Is(err, ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Read is the content of the file of that name for a test, which is skipped where
// it is absent.
func Read(t testing.TB, name ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(Path(t, name...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
