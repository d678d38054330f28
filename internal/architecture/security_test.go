package architecture_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// docs/security.md lists each attack with its test: the list and the tests that there
// are must be the same.
func TestSecurityPage_NamesTheTestsThatThereAre(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	require.NoError(t, err)
	listed := regexp.MustCompile(`TestSecurity_\w+`).FindAllString(string(page), -1)
	declared := regexp.MustCompile(`(?m)^func (TestSecurity_\w+)\(`)
	var present []string
	for _, top := range []string{"activities", "deploy", "internal", "server", "worker", "workflows"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, top), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, found := range declared.FindAllSubmatch(text, -1) {
				present = append(present, string(found[1]))
			}
			return err
		}))
	}
	slices.Sort(listed)
	slices.Sort(present)
	require.NotEmpty(t, present)
	require.Equal(t, present, slices.Compact(listed))
}
