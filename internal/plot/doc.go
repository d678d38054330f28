// Package plot draws the charts of web pages as inline SVG: an XY chart (Chart)
// and rows of values on one axis (Rows). Package report calls it.
//
// Colours come from classes that Style gives their values, for a light and a dark
// page and for paper, so a chart needs no style attribute (which a strict content
// policy forbids) and no script. Series differ by the form of their marks too,
// and all words are text that can be selected.
//
// It must never invent a value: a point without bounds has no whisker, and what
// lies beyond an axis is drawn at its edge only where the caller says so.
package plot
