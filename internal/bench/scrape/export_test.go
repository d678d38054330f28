package scrape

// The arithmetic of a round.
var (
	Median      = median
	SpreadOf    = spread
	Repetitions = repetitions
	Compared    = compared
)
