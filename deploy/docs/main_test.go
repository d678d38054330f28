package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDocs_GeneratedPages_AreNotStale(t *testing.T) {
	t.Parallel()
	all, err := pages()
	require.NoError(t, err)
	require.Len(t, all, 2)
	for name, want := range all {
		got, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
		require.NoError(t, err)
		require.Equal(t, want, string(got), "docs/%s is stale: run make docs", name)
	}
}

func TestDocs_Pages_NameSettingsAndOperations(t *testing.T) {
	t.Parallel()
	all, err := pages()
	require.NoError(t, err)
	require.Contains(t, all["configuration.md"], "| `--database-url` | `PERFAGENT_DATABASE_URL` |")
	require.Contains(t, all["api.md"], "| POST | `/api/v1/fleets/{fleet}/runs` |")
	again, err := pages()
	require.NoError(t, err)
	require.Equal(t, all, again, "the same every time")
}

func TestDocs_Cells_DoNotBreakTheTable(t *testing.T) {
	t.Parallel()
	require.Equal(t, `a \| b c &lt;d>`, cell("a | b\nc <d>"))
}

func TestDocs_Write_ReplacesThePages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "api.md"), []byte("old"), 0o600))
	require.NoError(t, write(dir))
	content, err := os.ReadFile(filepath.Join(dir, "api.md"))
	require.NoError(t, err)
	require.NotEqual(t, "old", string(content))
	require.Error(t, write(filepath.Join(dir, "nowhere")))
}
