package scrape_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorded returns a payload of ../shared/data/metrics, which CI has beside the
// repository; without it the test is skipped.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		require.NotEqual(t, dir, parent, "no go.mod above the test")
		dir = parent
	}
	data, err := os.ReadFile(filepath.Join(dir, "..", "shared", "data", "metrics", name))
	if err != nil {
		t.Skipf("no recorded payloads: %v", err)
	}
	return data
}
