package rig

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// census is every living engine under a supervisor, as the system sees it, by fleet
// and variant: process IDs, rising.
type census map[string]map[string][]int

// count reads /proc.
func count() census {
	out := census{}
	paths, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is good
	for _, path := range paths {
		env, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(env, []byte(engineMark+"\x00")) {
			continue // gone, or of somebody else
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		out.add(value(env, "PERFAGENT_FLEET"), value(env, "PERFAGENT_VARIANT"), pid)
	}
	return out
}

func (c census) add(fleet, variant string, pid int) {
	if c[fleet] == nil {
		c[fleet] = map[string][]int{}
	}
	c[fleet][variant] = append(c[fleet][variant], pid)
	slices.Sort(c[fleet][variant])
}

func value(environ []byte, name string) string {
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if v, is := strings.CutPrefix(string(entry), name+"="); is {
			return v
		}
	}
	return ""
}
