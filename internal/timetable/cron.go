package timetable

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// field is one of the five of a cron expression, with its bounds and the names
// that its numbers have.
type field struct {
	name        string
	least, most int
	names       []string // the first one is least
}

func fields() []field {
	return []field{
		{name: "minute", most: 59},
		{name: "hour", most: 23},
		{name: "day of month", least: 1, most: 31},
		{name: "month", least: 1, most: 12, names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
		{name: "day of week", most: 7, names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
	}
}

// shorthands are the expressions that are a word.
var shorthands = []string{"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"}

// checkCron refuses an expression that Temporal would refuse, that never comes
// true, or that cron tools read differently. Its error is "what is wrong; fix".
func checkCron(expression string) error {
	switch {
	case slices.Contains(shorthands, expression):
		return nil
	case strings.HasPrefix(expression, "@every"):
		return fmt.Errorf("@every is an interval; use interval_seconds")
	case strings.HasPrefix(expression, "@"):
		return fmt.Errorf("is no word that cron knows; use one of %s, or five fields", strings.Join(shorthands, ", "))
	case strings.Contains(expression, "TZ="):
		return fmt.Errorf("a time zone does not belong here; name it in time_zone")
	}
	parts := strings.Fields(expression)
	if len(parts) != len(fields()) {
		return fmt.Errorf("has %d fields instead of five; write minute hour day-of-month month day-of-week, for example \"30 2 * * 1-5\"", len(parts))
	}
	allowed := make([][]int, len(parts))
	for i, f := range fields() {
		var err error
		if allowed[i], err = f.values(parts[i]); err != nil {
			return err
		}
	}
	return checkDays(parts, allowed[2], allowed[3])
}

// checkDays judges the fields that have to do with each other.
func checkDays(parts []string, days, months []int) error {
	if parts[2] != "*" && parts[4] != "*" {
		return fmt.Errorf("restricts day of month and day of week, of which some tools want both and some either; leave one of them *")
	}
	longest := 0
	for _, m := range months {
		longest = max(longest, daysOf(m))
	}
	if slices.Min(days) > longest {
		return fmt.Errorf("no month of those has a day %d; name a day that comes, or it never runs", slices.Min(days))
	}
	return nil
}

// daysOf is how many days a month can have.
func daysOf(month int) int {
	switch month {
	case 2:
		return 29
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// values are the numbers that a field's text allows.
func (f field) values(text string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		from, to, err := f.span(span, stepped)
		if err != nil {
			return nil, err
		}
		step := 1
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("%s has the step %q; a step is a number from 1", f.name, short(stepText))
			}
		}
		for v := from; v <= to; v += step {
			out = append(out, v)
		}
	}
	return out, nil
}

// span reads "*", a value or a range; a value with a step runs to the end.
func (f field) span(text string, stepped bool) (from, to int, err error) {
	if text == "*" {
		return f.least, f.most, nil
	}
	first, last, isRange := strings.Cut(text, "-")
	if from, err = f.value(first); err != nil {
		return 0, 0, err
	}
	switch {
	case isRange:
		if to, err = f.value(last); err == nil && to < from {
			err = fmt.Errorf("%s has the range %s, which runs backwards; write two ranges with a comma", f.name, short(text))
		}
		return from, to, err
	case stepped:
		return from, f.most, nil
	}
	return from, from, nil
}

func (f field) value(text string) (int, error) {
	if i := slices.Index(f.names, strings.ToLower(text)); i >= 0 {
		return f.least + i, nil
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < f.least || v > f.most || strings.HasPrefix(text, "+") {
		return 0, fmt.Errorf("%s has %q; use numbers within %d..%d, *, ranges like %d-%d, lists with commas and steps like */5", f.name, short(text),
			f.least, f.most, f.least, f.least+4)
	}
	return v, nil
}

// short bounds what an error repeats.
func short(text string) string { return text[:min(len(text), 20)] }
