package api

import "io"

// Judge is a judged report.
func Judge(r Report) Report {
	r.judge()
	return r
}

// Print prints a report.
func Print(w io.Writer, r Report) { r.print(w) }
