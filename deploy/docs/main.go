package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// generated is said at the top of each page.
const generated = "<!-- Written by make docs. Do not edit. -->\n\n"

func main() {
	dir := "docs"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := write(dir); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

// pages are the generated ones by their file's name.
func pages() (map[string]string, error) {
	settings, err := settingsPage()
	if err != nil {
		return nil, err
	}
	operations, err := operationsPage()
	if err != nil {
		return nil, err
	}
	return map[string]string{"configuration.md": settings, "api.md": operations}, nil
}

func write(dir string) error {
	all, err := pages()
	if err != nil {
		return err
	}
	for name, content := range all {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}
