package diagnosis

import (
	"cmp"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Score is how often the answers were right.
type Score struct {
	Cases          int `json:"cases"`
	RightFinding   int `json:"right_finding"`
	RightFamily    int `json:"right_family"`
	HeldOut        int `json:"held_out"`
	HeldOutFinding int `json:"held_out_right_finding"`
	HeldOutFamily  int `json:"held_out_right_family"`
	Recommended    int `json:"recommended"`
	Invalid        int `json:"invalid"`
}

// ScoreOf counts.
func ScoreOf(answers []Answer) Score {
	s := Score{Cases: len(answers)}
	for _, a := range answers {
		finding, family := one(a.RightFinding()), one(a.RightFamily())
		s.RightFinding += finding
		s.RightFamily += family
		s.Recommended += len(a.Proposed)
		s.Invalid += len(a.Invalid)
		if a.HeldOut {
			s.HeldOut++
			s.HeldOutFinding += finding
			s.HeldOutFamily += family
		}
	}
	return s
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Cell counts the answers to one expectation.
type Cell struct {
	Expected string `json:"expected"`
	Got      string `json:"got"`
	Count    int    `json:"count"`
}

// Matrix is a confusion matrix without its empty cells, in alphabetical order.
func Matrix(answers []Answer, of func(Pair) string) []Cell {
	var out []Cell
	for _, a := range answers {
		expected, got := of(a.Expected), of(a.Got)
		i := slices.IndexFunc(out, func(c Cell) bool { return c.Expected == expected && c.Got == got })
		if i < 0 {
			out = append(out, Cell{Expected: expected, Got: got, Count: 1})
			continue
		}
		out[i].Count++
	}
	slices.SortFunc(out, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(a.Expected, b.Expected), cmp.Compare(a.Got, b.Got))
	})
	return out
}

// ByFinding and ByFamily are what a matrix may be of.
func ByFinding(p Pair) string { return string(p.Finding) }

// ByFamily names the family of a pair.
func ByFamily(p Pair) string { return string(p.Family) }

// OfEngine keeps the answers about one engine.
func OfEngine(answers []Answer, kind serving.EngineKind) []Answer {
	return slices.DeleteFunc(slices.Clone(answers), func(a Answer) bool { return a.Engine != kind })
}
