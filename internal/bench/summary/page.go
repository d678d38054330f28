package summary

import (
	"fmt"
	"strings"
)

// Page is docs/benchmarks.md.
func (s Summary) Page() string {
	var b strings.Builder
	b.WriteString(`# Benchmarks

Written by ` + "`go run ./deploy/bench docs`" + ` from what ` + "`make bench`" + ` measured; do not edit it.
Each figure was printed by the command beside it, on the commit, machine and day named
below. Where engines were simulated the row says so: such a figure is never a
measurement of a GPU. Figures of one machine compare with the peer in their own row,
which ran beside them, and with nothing else.

`)
	b.WriteString("## Figures\n\n| part | what | method | figure | goal | outcome | peer in the same run |\n|---|---|---|---|---|---|---|\n")
	for _, r := range s.Rows {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", r.Part, cell(r.What), cell(r.method()), cell(r.Figure), cell(r.Goal), r.Outcome, cell(r.Peer))
	}
	b.WriteString("\n## When and where\n\n| part | command | date (UTC) | commit | machine | took | size |\n|---|---|---|---|---|---|---|\n")
	for _, source := range sources() {
		stamp := s.stamp(source.part)
		if stamp.Commit == "" || stamp.Skipped != "" {
			continue
		}
		size := "short"
		if stamp.Full {
			size = "full"
		}
		fmt.Fprintf(&b, "| `%s` | `make bench-%s` | %s | `%s` | %s, %d processors | %.0f s | %s |\n", stamp.Part, stamp.Part,
			stamp.Began.UTC().Format("2006-01-02 15:04"), stamp.Commit, cell(stamp.Machine), stamp.Processors, stamp.Seconds, size)
	}
	b.WriteString("\n" + limits)
	return b.String()
}

// limits of what the figures say.
const limits = `## Limits

- Engines are simulated: gains are those of the simulation, whose own error is the row
  of ` + "`fidelity`" + `.
- Everything shares one small machine, load generators included. Maxima are of the whole
  chain; latencies hold the machine's own tail, which the peer beside them has too.
- What happens to users is counted as whole answers. Requests in flight on an engine
  that is killed are lost with it.
- Language models are a stand-in of the API unless a key was given.
`

// Claims is the table of the mission's targets, in Markdown.
func (s Summary) Claims() string {
	var b strings.Builder
	b.WriteString("| target | figure | printed by | outcome |\n|---|---|---|---|\n")
	for _, target := range Targets() {
		found := false
		for _, r := range s.Rows {
			if r.Claim == target {
				found = true
				fmt.Fprintf(&b, "| %s | %s: %s%s | `make bench-%s` | %s |\n", target, cell(r.What), cell(r.Figure), simulated(r), r.Part, r.Outcome)
			}
		}
		if !found {
			fmt.Fprintf(&b, "| %s | not measured yet | `make bench-%s` | |\n", target, commands()[target])
		}
	}
	return b.String()
}

func simulated(r Row) string {
	if r.Simulated {
		return " (simulated)"
	}
	return ""
}

// cell keeps a text within its cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

// Marks around the table of claims in a page.
const (
	claimsBegin = "<!-- claims: written by go run ./deploy/bench docs -->\n"
	claimsEnd   = "<!-- end of claims -->"
)

// WithClaims puts the table between its marks in a page.
func (s Summary) WithClaims(page string) (string, error) {
	before, rest, ok := strings.Cut(page, claimsBegin)
	_, after, closed := strings.Cut(rest, claimsEnd)
	if !ok || !closed {
		return "", fmt.Errorf("the page has no place for the claims: put %q and %q into it", strings.TrimSpace(claimsBegin), claimsEnd)
	}
	return before + claimsBegin + s.Claims() + claimsEnd + after, nil
}
