package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// temporalCLI is the version whose dev server the stack is known to work with.
const temporalCLI = "github.com/temporalio/cli/cmd/temporal@v1.5.1"

// tools are the programs that the stack runs.
type tools struct{ temporal, server, worker, llmsim string }

// prepare builds our own programs and finds or installs Temporal's.
func prepare(ctx context.Context, root string) (tools, error) {
	bin := filepath.Join(root, "bin")
	t := tools{server: filepath.Join(bin, "server"), worker: filepath.Join(bin, "worker"), llmsim: filepath.Join(bin, "llmsim")}
	fmt.Println("building server, worker and the simulated engine ...")
	for pkg, out := range map[string]string{"./server": t.server, "./worker": t.worker, "./deploy/llmsim": t.llmsim} {
		if err := command(ctx, root, nil, "go", "build", "-o", out, pkg); err != nil {
			return t, fmt.Errorf("build %s: %w", pkg, err)
		}
	}
	var err error
	t.temporal, err = findTemporal(ctx, root, bin)
	return t, err
}

func findTemporal(ctx context.Context, root, bin string) (string, error) {
	candidates := []string{os.Getenv("TEMPORAL_CLI"), filepath.Join(bin, "temporal")}
	if found, err := exec.LookPath("temporal"); err == nil {
		candidates = append(candidates, found)
	}
	if out, err := exec.CommandContext(ctx, "go", "env", "GOPATH").Output(); err == nil {
		candidates = append(candidates, filepath.Join(string(out[:len(out)-1]), "bin", "temporal"))
	}
	for _, c := range candidates {
		if info, err := os.Stat(c); c != "" && err == nil && info.Mode()&0o111 != 0 {
			return c, nil
		}
	}
	fmt.Println("installing Temporal's CLI and dev server (some minutes of compiling) ...")
	if err := command(ctx, root, []string{"GOBIN=" + bin, "GOFLAGS="}, "go", "install", temporalCLI); err != nil {
		return "", fmt.Errorf("install Temporal's CLI: %w", err)
	}
	return filepath.Join(bin, "temporal"), nil
}

func command(ctx context.Context, dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// moduleRoot is the directory of go.mod, found from the working directory up.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod above the working directory: run the local stack inside the repository")
		}
		dir = parent
	}
}
