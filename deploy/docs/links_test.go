package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	fenced   = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	linked   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	notWords = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// prose are the pages that people read: the root's, docs/ and what lies beside the
// files of deploy/.
func prose(t *testing.T, root string) []string {
	t.Helper()
	out, err := filepath.Glob(filepath.Join(root, "*.md"))
	require.NoError(t, err)
	for _, dir := range []string{"docs", "deploy"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			require.NoError(t, err)
			if strings.HasSuffix(path, ".md") {
				out = append(out, path)
			}
			return nil
		}))
	}
	return out
}

// anchors are what a page's headings can be reached by, as code hosts make them.
func anchors(content string) map[string]bool {
	out := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(regexp.MustCompile("(?s)```.*?```").ReplaceAllString(content, ""), -1) {
		slug := notWords.ReplaceAllString(strings.ToLower(strings.ReplaceAll(h[1], "`", "")), "")
		out[strings.ReplaceAll(strings.TrimSpace(slug), " ", "-")] = true
	}
	return out
}

func TestLinks_WithinTheRepository_LeadSomewhere(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	pages := prose(t, root)
	require.Greater(t, len(pages), 10)
	checked := 0
	for _, page := range pages {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, link := range linked.FindAllStringSubmatch(fenced.ReplaceAllString(string(content), ""), -1) {
			if strings.Contains(link[1], "://") || strings.HasPrefix(link[1], "mailto:") {
				continue
			}
			checked++
			require.Empty(t, broken(t, page, link[1]), "%s links to %s", page, link[1])
		}
	}
	require.Greater(t, checked, 20)
}

// broken is what is wrong with a link of a page, "" if nothing is.
func broken(t *testing.T, page, link string) string {
	t.Helper()
	path, anchor, _ := strings.Cut(link, "#")
	target := page
	if path != "" {
		target = filepath.Join(filepath.Dir(page), path)
	}
	if _, err := os.Stat(target); err != nil {
		return "no such file"
	}
	if anchor == "" {
		return ""
	}
	content, err := os.ReadFile(target)
	require.NoError(t, err)
	if !anchors(string(content))[anchor] {
		return "no such heading"
	}
	return ""
}

func TestLinks_BrokenOnes_AreFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	page := filepath.Join(dir, "a.md")
	require.NoError(t, os.WriteFile(page, []byte("# One: `two`, three\n\n```\n# not a heading\n```\n"), 0o600))
	require.Empty(t, broken(t, page, "#one-two-three"))
	require.Empty(t, broken(t, page, "a.md"))
	require.Equal(t, "no such heading", broken(t, page, "#not-a-heading"))
	require.Equal(t, "no such file", broken(t, page, "b.md#one"))
}

func TestIndex_NamesEveryPage(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile(filepath.Join("..", "..", "docs", "README.md"))
	require.NoError(t, err)
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	require.NoError(t, err)
	for _, p := range pages {
		if name := filepath.Base(p); name != "README.md" {
			require.Contains(t, string(index), "]("+name+")", "the index does not name it")
		}
	}
}
