package engine

// Problem is a constraint that a configuration breaks: the engine would refuse
// it, crash, or serve something else than was meant.
type Problem struct {
	Flag string `json:"flag"`
	Rule string `json:"rule"` // what must hold, with the values that break it
	Fix  string `json:"fix"`  // what to write instead
}

// Error is the problem in one line.
func (p Problem) Error() string { return p.Flag + ": " + p.Rule + "; " + p.Fix }
