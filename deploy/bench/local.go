package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// runPart takes the whole stack through one optimization of a badly tuned fleet, as
// `make run` does, and keeps the facts that it writes. It needs the binaries of
// `make build`.
func runPart(w io.Writer, file string) error {
	program := filepath.Join("bin", "local")
	if _, err := os.Stat(program); err != nil {
		return fmt.Errorf("%w: no %s, run make build: %w", errSkipped, program, err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make the folder of the facts: %w", err)
	}
	cmd := exec.Command(program, "-once", "-scenario", "mistuned", "-json", file)
	cmd.Stdout, cmd.Stderr = w, w
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("the scenario did not end as it should: %w", err)
	}
	return err
}
