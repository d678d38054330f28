package provision

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// identity tells a process from every other one that had or will have its ID:
// by the tick at which it started, within one boot of the system.
type identity struct {
	PID int `json:"pid"`
	// StartTicks is field 22 of /proc/PID/stat: clock ticks since boot.
	StartTicks uint64 `json:"start_ticks"`
	Boot       string `json:"boot"` // /proc/sys/kernel/random/boot_id
}

// errNoProcess: there is no such process, or it is a zombie.
var errNoProcess = errors.New("no such process")

// hasProc reports whether processes can be identified at all.
func hasProc() bool {
	_, err := startTicks(os.Getpid())
	return err == nil
}

// identify reads the identity of a running process.
func identify(pid int) (identity, error) {
	ticks, err := startTicks(pid)
	if err != nil {
		return identity{}, err
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return identity{}, fmt.Errorf("read boot id: %w", err)
	}
	return identity{PID: pid, StartTicks: ticks, Boot: strings.TrimSpace(string(boot))}, nil
}

// startTicks reads when a process started; a zombie does not run any more.
func startTicks(pid int) (uint64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, errNoProcess
	}
	// The second field is the name in parentheses and may hold anything, so
	// counting starts after the last one. See proc_pid_stat(5).
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const state, startTime = 0, 19 // the 3rd and the 22nd field
	if len(fields) <= startTime {
		return 0, fmt.Errorf("/proc/%d/stat is not as proc_pid_stat(5) has it", pid)
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return 0, errNoProcess
	}
	return strconv.ParseUint(fields[startTime], 10, 64)
}

func (id identity) alive() bool {
	if id.PID == 0 {
		return false
	}
	now, err := identify(id.PID)
	return err == nil && now == id
}

// signal sends a signal to this very process and to no other one: the handle is
// taken first (a pidfd, which is never given to another process) and the identity
// is checked after. A process that is gone is no error.
func (id identity) signal(sig syscall.Signal) error {
	if id.PID == 0 {
		return nil
	}
	h, err := os.FindProcess(id.PID)
	if err != nil {
		return fmt.Errorf("find process %d: %w", id.PID, err)
	}
	defer func() { _ = h.Release() }()
	if !id.alive() {
		return nil
	}
	if err := h.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send %v to process %d: %w", sig, id.PID, err)
	}
	return nil
}

// withToken finds the running processes that carry the token in their
// environment: a replica whose record was not completed, or what it left behind.
func withToken(token string) []identity {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	want := []byte(tokenVariable + "=" + token)
	var out []identity
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil || !hasEntry(env, want) {
			continue // gone, or of another user and so not ours
		}
		if id, err := identify(pid); err == nil {
			out = append(out, id)
		}
	}
	return out
}

func hasEntry(environ, want []byte) bool {
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if bytes.Equal(entry, want) {
			return true
		}
	}
	return false
}
