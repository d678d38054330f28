package self

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Usage is what a process has used and holds.
type Usage struct {
	CPU time.Duration // in user and system mode, since its start
	RSS int64         // bytes in memory now
}

// tick is the unit of times in /proc, USER_HZ: 100 a second on every Linux that Go
// runs on.
const tick = 10 * time.Millisecond

// UsageOf reads a process's account from /proc; an error where there is none.
func UsageOf(pid int) (Usage, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, fmt.Errorf("account of process %d: %w", pid, err)
	}
	return readStat(data, int64(os.Getpagesize()))
}

// readStat reads a line of /proc/PID/stat (proc(5)): utime, stime and rss are its
// fields 14, 15 and 24. The second, the program's name, may hold spaces and ends
// with the last parenthesis.
func readStat(line []byte, pageBytes int64) (Usage, error) {
	end := bytes.LastIndexByte(line, ')')
	fields := bytes.Fields(line[end+1:])
	if end < 0 || len(fields) < 22 {
		return Usage{}, fmt.Errorf("account of a process: %q", line)
	}
	var values [3]int64
	for i, field := range []int{14, 15, 24} {
		v, err := strconv.ParseInt(string(fields[field-3]), 10, 64)
		if err != nil {
			return Usage{}, fmt.Errorf("account of a process: %w", err)
		}
		values[i] = v
	}
	return Usage{CPU: time.Duration(values[0]+values[1]) * tick, RSS: values[2] * pageBytes}, nil
}
