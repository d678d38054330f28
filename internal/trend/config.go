package trend

// Config is every constant of an analysis.
type Config struct {
	// Confidence of intervals, two-sided; Alpha is the significance at which a
	// direction or a difference counts as shown.
	Confidence float64
	Alpha      float64
	// MinPoints is the least number of points for a trend: the normal
	// approximation of Mann-Kendall is sound from 10 (Gilbert 1987, 16.4).
	// MinWindowPoints is the same for each window of a comparison (Mann-Whitney).
	MinPoints       int
	MinWindowPoints int
	// MinRelativeChange is the least change over the window, relative to the
	// median, that is worth a direction: a drift of 1% can be significant and
	// means nothing to anyone.
	MinRelativeChange float64
	// MaxPoints and MaxWindowPoints bound the work, which grows with the square.
	MaxPoints       int
	MaxWindowPoints int
	// MinSegment is the least number of points between two steps: of 6 against 6
	// points Mann-Whitney can reach StepAlpha, of 5 against 5 it cannot.
	MinSegment int
	// StepAlpha is the significance at which a step counts, after the correction
	// for the places that were searched. It is smaller than Alpha because people
	// act on steps: they look for what was changed then.
	StepAlpha float64
}

// DefaultConfig returns the constants that the API uses.
func DefaultConfig() Config {
	return Config{
		Confidence: 0.95, Alpha: 0.05, MinPoints: 10, MinWindowPoints: 8, MinRelativeChange: 0.02,
		MaxPoints: 500, MaxWindowPoints: 200, MinSegment: 6, StepAlpha: 0.01,
	}
}
