// Package realtime runs a simulated engine against the clock: one goroutine
// steps the core, sleeps until the step is over, and hands its tokens to the
// streams that wait for them.
//
// Steps are laid end to end in nominal time, so that a late wake-up delays the
// tokens of one step and is made good by the next: the host's noise does not
// slow the simulated GPU. Only when the host is more than maxLag behind is the
// difference given up, and then it is counted, since from there on the machine
// and not the model sets the speed.
//
// Package api submits requests and reads streams; metrics observes. The loop
// must never wait for a reader: a slow client costs its own stream only.
package realtime
