// Package timetable checks when a schedule is due before Temporal is asked to keep
// its time, so that a mistake is told by the field that has it.
//
// The API calls it. It only judges: which instants an expression means is for
// Temporal to say, and two opinions on that would differ one night in spring. It
// must never read a clock or a time zone database.
package timetable
