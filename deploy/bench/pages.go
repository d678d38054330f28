package main

import (
	"fmt"
	"os"

	"github.com/optiinfra/performance-agent/internal/bench/summary"
)

// Pages that publish the figures.
const (
	benchmarksPage = "docs/benchmarks.md"
	readme         = "README.md"
)

// writePages writes both from the parts' files.
func writePages(folder string) error {
	s, err := summary.Load(folder)
	if err != nil {
		return err
	}
	page, err := os.ReadFile(readme)
	if err != nil {
		return fmt.Errorf("read the README: %w", err)
	}
	claimed, err := s.WithClaims(string(page))
	if err != nil {
		return fmt.Errorf("%s: %w", readme, err)
	}
	for name, text := range map[string]string{benchmarksPage: s.Page(), readme: claimed} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}
