// Package durable has the two things that adapters with state on this host need
// of the file system: replacing a file in one step, and a lock between processes
// that a crash releases.
//
// The gateway, the HAProxy router and the process provisioner call it. It must
// know nothing of what the files hold.
package durable
