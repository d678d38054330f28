package admission

import (
	"cmp"
	"fmt"
	"time"
	_ "time/tzdata" // so that every host knows the same time zones

	"github.com/optiinfra/performance-agent/internal/serving"
)

// calendar is a freeze policy in its time zone.
type calendar struct {
	freeze serving.Freeze
	zone   *time.Location
}

func newCalendar(f serving.Freeze) (calendar, error) {
	zone, err := time.LoadLocation(f.TimeZone) // "" is UTC
	if err != nil {
		return calendar{}, fmt.Errorf("time_zone: %q is no time zone; use an IANA name such as Europe/Berlin", f.TimeZone)
	}
	return calendar{freeze: f, zone: zone}, nil
}

// Check names what is wrong with a freeze policy and how to mend it.
func Check(f serving.Freeze) error {
	if err := f.Validate(); err != nil {
		return err
	}
	_, err := newCalendar(f)
	return err
}

// steps bounds the search for the end of windows that follow each other.
const steps = 64

// reason is what freezes the fleet at a time, and until when: windows that touch
// each other end with the last of them. A policy that never allows a change has no
// end.
func (c calendar) reason(at time.Time) (Reason, bool) {
	first, end, frozen := c.frozen(at)
	if !frozen {
		return Reason{}, false
	}
	for range steps {
		_, next, still := c.frozen(end)
		if !still {
			until := end.UTC()
			first.Until = &until
			first.Text += ", until " + end.In(c.zone).Format(time.RFC3339)
			break
		}
		end = next
	}
	return first, true
}

// frozen is what freezes the fleet at a time and when that ends.
func (c calendar) frozen(at time.Time) (Reason, time.Time, bool) {
	for _, w := range c.freeze.Windows {
		if !at.Before(w.From) && at.Before(w.To) {
			return Reason{Kind: Frozen, Text: "changes are frozen: " + cmp.Or(w.Name, "freeze window")}, w.To, true
		}
	}
	for _, w := range c.freeze.Weekly {
		if end, within := c.within(w, at); within {
			return Reason{Kind: Frozen, Text: "changes are frozen: " + cmp.Or(w.Name, "weekly freeze from "+w.From)}, end, true
		}
	}
	if len(c.freeze.OnlyWithin) == 0 {
		return Reason{}, time.Time{}, false
	}
	for _, w := range c.freeze.OnlyWithin {
		if _, within := c.within(w, at); within {
			return Reason{}, time.Time{}, false
		}
	}
	return Reason{Kind: OutsideHours, Text: "changes are made within working hours only"}, c.nextBegin(at), true
}

// within reports whether a time lies in a weekly window, and when that ends. A
// window of yesterday may reach into today.
func (c calendar) within(w serving.WeeklyWindow, at time.Time) (time.Time, bool) {
	for _, ago := range []int{0, 1} {
		from, to, on := c.on(w, at, -ago)
		if on && !at.Before(from) && at.Before(to) {
			return to, true
		}
	}
	return time.Time{}, false
}

// nextBegin is when changes are allowed next: within a week, or in eight days
// where no day is named, which Validate refuses.
func (c calendar) nextBegin(at time.Time) time.Time {
	next := at.Add(8 * 24 * time.Hour)
	for days := range 8 {
		for _, w := range c.freeze.OnlyWithin {
			if from, _, on := c.on(w, at, days); on && from.After(at) && from.Before(next) {
				next = from
			}
		}
	}
	return next
}

// on is the window that begins some days after the day of a time, if it has that
// day. Times of day that a change of clocks skips or repeats are as time.Date has
// them.
func (c calendar) on(w serving.WeeklyWindow, at time.Time, days int) (from, to time.Time, on bool) {
	y, m, d := at.In(c.zone).Date()
	begin, _ := serving.ClockMinutes(w.From)
	end, _ := serving.ClockMinutes(w.To)
	if end <= begin {
		end += 24 * 60
	}
	from = time.Date(y, m, d+days, 0, begin, 0, 0, c.zone)
	to = time.Date(y, m, d+days, 0, end, 0, 0, c.zone)
	day := time.Date(y, m, d+days, 12, 0, 0, 0, c.zone).Weekday()
	for _, word := range w.Days {
		if named, ok := serving.Weekday(word); ok && named == day {
			return from, to, true
		}
	}
	return from, to, false
}
