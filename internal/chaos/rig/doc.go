// Package rig runs fault plans (package chaos) against the real product: Temporal's
// dev server, Postgres, the server and worker programs, the gateway as a process,
// HAProxy, simulated engines, and a stand-in for the advisor's API, all on loopback.
//
// Several cells, each a whole stack, take runs side by side; a fleet of its own, with
// engines, a router and users, belongs to each run. Whatever a fault kills the rig
// starts again after the fault's time, as systemd or Kubernetes would. deploy/chaos
// calls Run, and is started again by the rig itself as gateway and as the supervisor
// of an engine (Program).
//
// It must never signal a process that it or its worker did not start, and never
// help the product along: a run's state is looked at, and never mended.
package rig
