package propose

import (
	"strconv"
	"strings"
)

// isFalse reads the off spelling of a switch.
func isFalse(value string) bool { return value == "0" || strings.EqualFold(value, "false") }

func count(n int) string { return strconv.Itoa(n) }

// hundredths writes a ratio as vLLM users do: 0.92.
func hundredths(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
