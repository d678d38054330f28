package serving

import (
	"fmt"
	"slices"
	"time"
)

// Freeze says when a fleet's production must not be changed. Nothing in it keeps
// a rollout from going back.
type Freeze struct {
	// TimeZone is an IANA name such as "Europe/Berlin", in which the times of day
	// below are; "" is UTC.
	TimeZone string `json:"time_zone,omitempty"`
	// Weekly windows are frozen every week.
	Weekly []WeeklyWindow `json:"weekly,omitempty"`
	// Windows are frozen once, for example over a holiday.
	Windows []FreezeWindow `json:"windows,omitempty"`
	// OnlyWithin, when given, is when changes are allowed at all: business hours.
	OnlyWithin []WeeklyWindow `json:"only_within,omitempty"`
}

// WeeklyWindow is a time of day on some days of the week. One that ends at or
// before the time at which it begins ends on the next day; "00:00" to "24:00" is
// the whole day.
type WeeklyWindow struct {
	Name string   `json:"name,omitempty"`
	Days []string `json:"days"` // "mon" to "sun", of its beginning
	From string   `json:"from"` // "HH:MM"
	To   string   `json:"to"`
}

// FreezeWindow is a time that is frozen once.
type FreezeWindow struct {
	Name string    `json:"name,omitempty"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Weekday is the day that a word of WeeklyWindow.Days means.
func Weekday(word string) (time.Weekday, bool) {
	i := slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, word)
	return time.Weekday(max(i, 0)), i >= 0
}

// ClockMinutes is a time of day in minutes since midnight, 0..1440.
func ClockMinutes(text string) (int, error) {
	if text == "24:00" {
		return 24 * 60, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is no time of day; write it like 09:30", text)
	}
	return at.Hour()*60 + at.Minute(), nil
}

// IsZero reports that nothing is ever frozen.
func (f Freeze) IsZero() bool {
	return f.TimeZone == "" && len(f.Weekly) == 0 && len(f.Windows) == 0 && len(f.OnlyWithin) == 0
}

// Validate names the field that is wrong and how to mend it. Whether the time
// zone exists is for those to say who know time zones.
func (f Freeze) Validate() error {
	for _, list := range []struct {
		field   string
		windows []WeeklyWindow
	}{{"weekly", f.Weekly}, {"only_within", f.OnlyWithin}} {
		for i, w := range list.windows {
			if err := w.validate(); err != nil {
				return fmt.Errorf("%s[%d].%w", list.field, i, err)
			}
		}
	}
	for i, w := range f.Windows {
		if !w.To.After(w.From) {
			return fmt.Errorf("windows[%d].to: must be after from; swap them or give a later time", i)
		}
	}
	return nil
}

func (w WeeklyWindow) validate() error {
	if len(w.Days) == 0 {
		return fmt.Errorf("days: must not be empty; name some of mon, tue, wed, thu, fri, sat, sun")
	}
	for _, d := range w.Days {
		if _, ok := Weekday(d); !ok {
			return fmt.Errorf("days: %q is no day; use mon, tue, wed, thu, fri, sat or sun", d)
		}
	}
	if _, err := ClockMinutes(w.From); err != nil || w.From == "24:00" {
		return fmt.Errorf("from: %q is no time of day; write it like 09:30", w.From)
	}
	if _, err := ClockMinutes(w.To); err != nil {
		return fmt.Errorf("to: %w", err)
	}
	return nil
}
