// Package promrules writes recording and alerting rules for a Prometheus server
// that scrapes a fleet's engines: the share of bad requests over each window of
// the burn-rate alerts, and the alerts, with labels that lead back to the fleet
// and its objective.
//
// The API calls it. The rules count what the engines' own pages tell, by the names
// that the engine packages know; what a page does not tell is said in a comment,
// never approximated by something else. The package is pure.
package promrules
