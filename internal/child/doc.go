// Package child runs programs as processes that can be killed, frozen and started
// again, and keeps what they print.
//
// The local stack (deploy/local) and the fault runs (internal/chaos/rig) start the
// server, the worker and Temporal with it; tests read with it what a program prints.
// It must know nothing of what a program does, and it never restarts one by itself:
// whether something that ended should come back is its caller's to decide.
package child
