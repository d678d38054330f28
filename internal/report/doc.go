// Package report turns what is kept of a run into a page that a person forwards:
// what was wrong, what was tried, what won and why, what production saw, and how
// to take it back. Of gathers the facts as data (report.json); Renderer writes the
// page from that data alone, so the two cannot tell different things. The API
// calls both.
//
// It must never claim what the record does not hold: a run that is open, failed,
// was canceled or found nothing says so in its first line, a bound that was not
// reached is called open, and engines that call themselves simulated are called
// simulated. It reads no clock; the time is a fact it is given.
package report
