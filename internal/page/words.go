package page

import (
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Absent stands where nothing was measured.
const Absent = "–"

// unitSpace keeps a number and its unit on one line.
const unitSpace = "\u00a0"

// Funcs are the words of numbers, for templates.
func Funcs() template.FuncMap {
	return template.FuncMap{
		"seconds": Seconds, "rate": Rate, "percent": Percent, "count": Count, "span": Span, "clock": Clock, "iso": ISO,
		"words": Words,
	}
}

// Seconds writes a latency: "56 ms", "1.05 s"; below 10 ms with a digit more.
func Seconds(s float64) string {
	switch a := math.Abs(s); {
	case a == 0:
		return "0" + unitSpace + "ms"
	case a < 0.01:
		return strconv.FormatFloat(1000*s, 'f', 2, 64) + unitSpace + "ms"
	case a < 0.1:
		return strconv.FormatFloat(1000*s, 'f', 1, 64) + unitSpace + "ms"
	case a < 1:
		return strconv.FormatFloat(1000*s, 'f', 0, 64) + unitSpace + "ms"
	case a < 100:
		return strconv.FormatFloat(s, 'f', 2, 64) + unitSpace + "s"
	}
	return Count(s) + unitSpace + "s"
}

// SecondsTick writes a round latency at an axis with the digits it has.
func SecondsTick(s float64) string {
	switch {
	case s == 0:
		return "0"
	case s < 1:
		return strconv.FormatFloat(1000*s, 'g', 4, 64) + unitSpace + "ms"
	}
	return strconv.FormatFloat(s, 'g', 4, 64) + unitSpace + "s"
}

// Rate writes requests or tokens a second with three digits that mean something.
func Rate(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return Count(v)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// Percent writes a share: 0.052 is "5.2%".
func Percent(share float64) string {
	p := 100 * share
	switch a := math.Abs(p); {
	case a >= 10 || a == 0:
		return strconv.FormatFloat(p, 'f', 0, 64) + "%"
	case a >= 0.1:
		return strconv.FormatFloat(p, 'f', 1, 64) + "%"
	}
	return strconv.FormatFloat(p, 'g', 2, 64) + "%"
}

// Count writes a whole number with its thousands apart.
func Count(v float64) string {
	digits := strconv.FormatFloat(math.Abs(math.Round(v)), 'f', 0, 64)
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	out := strings.Join(append([]string{digits}, parts...), "\u202f")
	if math.Round(v) < 0 {
		return "-" + out
	}
	return out
}

// Span writes how long something took: "5 min 47 s".
func Span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 0:
		return Absent
	case d < 10*time.Second:
		return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
	case d < time.Minute:
		return strconv.FormatFloat(seconds, 'f', 0, 64) + " s"
	case d < time.Hour:
		return pair(int(d.Minutes()), "min", int(d.Seconds())%60, "s")
	case d < 48*time.Hour:
		return pair(int(d.Hours()), "h", int(d.Minutes())%60, "min")
	}
	return pair(int(d.Hours())/24, "d", int(d.Hours())%24, "h")
}

func pair(a int, unit string, b int, lesser string) string {
	if b == 0 {
		return strconv.Itoa(a) + " " + unit
	}
	return strconv.Itoa(a) + " " + unit + " " + strconv.Itoa(b) + " " + lesser
}

// Clock writes a time for a person, in UTC.
func Clock(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05 UTC") }

// ISO writes a time for a machine.
func ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Words turns an identifier into words: "rolled_back" is "rolled back".
func Words(id string) string { return strings.NewReplacer("_", " ", "-", " ").Replace(id) }

// Measured writes a measure, and Absent where it is unknown.
func Measured(m serving.Measure, write func(float64) string) string {
	v, known := m.Get()
	if !known {
		return Absent
	}
	return write(v)
}
