package summary

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// NewStamp says where and when a part begins; the caller adds how it went.
func NewStamp(ctx context.Context, part string, full bool) Stamp {
	return Stamp{Part: part, Commit: commit(ctx), Machine: machine(), Processors: runtime.GOMAXPROCS(0), Began: time.Now().UTC(), Full: full}
}

// commit is the short one of the working tree, with + for one that was changed;
// "unknown" outside of a clone.
func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// machine is the processor's name where the system tells it, and Go's.
func machine() string {
	name := runtime.GOARCH
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		name = processor(string(info), name)
	}
	return fmt.Sprintf("%s, %s/%s, %s", name, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

func processor(cpuinfo, otherwise string) string {
	for line := range strings.Lines(cpuinfo) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return otherwise
}
