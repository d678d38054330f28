package advice

import (
	"math"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// longestName is that of an identifier that is passed on; checkpoints have some
// sixty characters.
const longestName = 96

// name is text from outside as an identifier: letters, digits and the few signs
// that checkpoints and versions have. What has anything else (a blank, a quote, a
// line break) is no identifier, and somebody's sentence is not passed on at all.
func name(text string) string {
	if text == "" {
		return ""
	}
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._/-:+", r)
	}
	if len(text) > longestName || strings.ContainsFunc(text, odd) {
		return withheld
	}
	return text
}

// withheld stands for text that is no identifier.
const withheld = "(withheld: not an identifier)"

// number is a measure with three significant digits, so that noise does not make a
// question a new one; nil when it is not known.
func number(m serving.Measure) *float64 {
	v, known := m.Get()
	if !known {
		return nil
	}
	v = rounded(v)
	return &v
}

func rounded(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil {
		return 0
	}
	return short
}

// sentence is a language model's text for people: one line, without control
// characters and secrets, and not without end.
func sentence(text string, longest int) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return -1 // controls, and marks that turn the order of letters around
		}
		return r
	}, text)
	clean = strings.Join(strings.Fields(Redact(clean)), " ")
	if runes := []rune(clean); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return clean
}
