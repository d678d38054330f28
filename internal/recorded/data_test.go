package recorded_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/recorded"
)

func TestFind_BesideTheRepository_FromAnyFolderInIt(t *testing.T) {
	t.Parallel()
	beside := t.TempDir()
	inside := filepath.Join(beside, "repository", "internal", "deep")
	require.NoError(t, os.MkdirAll(inside, 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(beside, "shared", "data", "metrics"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(beside, "repository", "go.mod"), nil, 0o600))
	page := filepath.Join(beside, "shared", "data", "metrics", "page.prom")
	require.NoError(t, os.WriteFile(page, []byte("up 1\n"), 0o600))

	found, err := recorded.Find(inside, "metrics", "page.prom")
	require.NoError(t, err)
	require.Equal(t, page, found)
	_, err = recorded.Find(inside, "metrics", "other.prom")
	require.ErrorIs(t, err, recorded.ErrAbsent)
	require.ErrorContains(t, err, "other.prom")
}

func TestFind_OutsideARepository_IsAnErrorOfItsOwn(t *testing.T) {
	t.Parallel()
	_, err := recorded.Find(t.TempDir(), "metrics")
	require.ErrorContains(t, err, "no go.mod above")
	require.NotErrorIs(t, err, recorded.ErrAbsent)
}
