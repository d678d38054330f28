package record_test

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/record"
)

func TestWrite_MakesTheFolder_AndReadGivesItBack(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "out", "bench", "part.json")
	require.NoError(t, record.Write(file, map[string]int{"figure": 3}))
	var got map[string]int
	require.NoError(t, record.Read(file, &got))
	require.Equal(t, map[string]int{"figure": 3}, got)
}

func TestRead_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "part.json")
	require.ErrorIs(t, record.Read(file, new(int)), fs.ErrNotExist)
	require.NoError(t, os.WriteFile(file, []byte("nothing"), 0o600))
	require.ErrorContains(t, record.Read(file, new(int)), file)
	require.ErrorContains(t, record.Write(file, math.NaN()), "encode")
	require.ErrorContains(t, record.Write(filepath.Join(file, "below"), 1), "folder")
}
