package report

import (
	"encoding/json"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Change is the difference that the run proposes or made, flag by flag.
type Change struct {
	Flags  []serving.FlagChange `json:"flags"`
	Text   string               `json:"text"`
	Before []string             `json:"command_before,omitempty"`
	After  []string             `json:"command_after,omitempty"`
	// Shipped says that production runs it because of this run.
	Shipped bool `json:"shipped"`
	Undo    Undo `json:"undo"`
}

// Undo is how to take the change back.
type Undo struct {
	Text     string    `json:"text"`
	Commands []Command `json:"commands"`
}

// Command is a line for a shell.
type Command struct {
	Says string `json:"says"`
	Line string `json:"line"`
}

// changeOf describes what was shipped, or else what won and could be.
func changeOf(f Facts) *Change {
	from, ok := presentOf(f)
	var to serving.EngineConfig
	switch {
	case !ok:
		return nil
	case f.Rollout != nil:
		to = f.Rollout.To
	case f.Run.Winner != nil:
		to = f.Run.Winner.Config
	default:
		return nil
	}
	c := &Change{Flags: append([]serving.FlagChange{}, serving.Diff(from, to)...)}
	c.Text = serving.DescribeChanges(c.Flags)
	if f.CommandLine != nil {
		c.Before, c.After = f.CommandLine(from), f.CommandLine(to)
	}
	c.Shipped = f.Rollout != nil && f.Rollout.Outcome == serving.OutcomePromoted
	c.Undo = undoOf(f, from, to, c.Shipped)
	return c
}

func undoOf(f Facts, from, to serving.EngineConfig, shipped bool) Undo {
	back := Command{"Ship the old configuration by canary", f.curl("/fleets/"+f.Run.Fleet+"/rollouts", map[string]any{"changes": serving.Diff(to, from)})}
	switch {
	case f.Rollout == nil && f.Run.ClosedAt == nil:
		return Undo{Text: "Nothing is to be undone: production has not been touched. To end the run:",
			Commands: []Command{{"Cancel it", f.curl("/runs/"+f.Run.ID+"/cancel", nil)}}}
	case f.Rollout == nil:
		return Undo{Text: "Nothing is to be undone: production was not touched. To ship the change by hand, or from here:",
			Commands: []Command{{"Ship it by canary", f.curl("/fleets/"+f.Run.Fleet+"/rollouts", map[string]any{"changes": serving.Diff(from, to)})}}}
	case f.Rollout.ClosedAt == nil:
		return Undo{Text: "The rollout is open. One command takes all traffic back to the old configuration at once:",
			Commands: []Command{{"Roll back", f.curl("/rollouts/"+f.Rollout.ID+"/rollback", nil)}}}
	case failedToRestore(f):
		return Undo{Text: "The way back failed. Look at what the router and the replicas are before you change anything:",
			Commands: []Command{{"What the router does", f.get("/fleets/" + f.Run.Fleet + "/traffic")}, back}}
	case !shipped:
		return Undo{Text: "Nothing is to be undone: production runs the old configuration.", Commands: []Command{}}
	case f.Fleet != nil && !f.Fleet.Config.Equal(to):
		return Undo{Text: "The fleet's configuration has changed again since. What it is now comes first; the change back below speaks of this run's change only.",
			Commands: []Command{{"What it runs now", f.get("/fleets/" + f.Run.Fleet + "/config")}, back}}
	}
	return Undo{Text: "The way back is a rollout of its own: by canary, judged like any other, and compared in its answers first where they depend on the change. " +
		"By hand: start the replicas with the old command line.", Commands: []Command{back}}
}

// get is a GET as a person types it.
func (f Facts) get(path string) string { return "curl -s " + quoted(f.API+path) }

// curl is a POST as a person types it.
func (f Facts) curl(path string, body any) string {
	line := "curl -s -X POST " + quoted(f.API+path)
	if body == nil {
		return line
	}
	text, err := json.Marshal(body)
	if err != nil { // a map of strings has no value that cannot be written
		return line
	}
	return line + " -H 'Content-Type: application/json' -d '" + strings.ReplaceAll(string(text), "'", `'\''`) + "'"
}

// shell writes words as a shell reads them, long lines broken before a flag.
func shell(words []string) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i == 0:
		case strings.HasPrefix(w, "--"):
			b.WriteString(" \\\n    ")
		default:
			b.WriteByte(' ')
		}
		b.WriteString(quoted(w))
	}
	return b.String()
}

func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,+@%", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
