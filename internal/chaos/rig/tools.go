package rig

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Tools are the programs that are run, by path.
type Tools struct {
	Self     string // this program, for Program's other lives
	Temporal string
	Server   string
	Worker   string
	LLMSim   string
	HAProxy  string
	// Root is the repository, for the configuration that HAProxy is shipped with.
	Root string
}

// Find takes our own programs from bin, where make build puts them, and the others
// from PATH. Each that is missing is an error.
func Find(bin string) (Tools, error) {
	t := Tools{Server: filepath.Join(bin, "server"), Worker: filepath.Join(bin, "worker"), LLMSim: filepath.Join(bin, "llmsim"),
		Root: filepath.Dir(bin)}
	for _, path := range []string{t.Server, t.Worker, t.LLMSim} {
		if _, err := os.Stat(path); err != nil {
			return t, fmt.Errorf("build it first (make build): %w", err)
		}
	}
	var err error
	if t.Self, err = os.Executable(); err != nil {
		return t, fmt.Errorf("find this program: %w", err)
	}
	for name, to := range map[string]*string{"temporal": &t.Temporal, "haproxy": &t.HAProxy} {
		if *to, err = exec.LookPath(name); err != nil {
			return t, fmt.Errorf("scripts/need %s: %w", name, err)
		}
	}
	return t, nil
}
