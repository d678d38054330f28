// Package page is the look of the web pages: one stylesheet, the script that sorts
// tables, the words that numbers are written in, and the content policy that lets
// a browser run exactly these and nothing else. Packages report and overview
// render with it, package api serves it.
//
// Pages load nothing: style and script are inline, known to the policy by their
// hashes. It must never let text of a record into a style, a script or an
// attribute that a browser acts on; html/template escapes the rest.
package page
