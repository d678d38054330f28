package propose

import "strconv"

func count(n int) string { return strconv.Itoa(n) }

// hundredths writes a ratio as users do: 0.92.
func hundredths(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
