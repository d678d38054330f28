// Package kinds gathers every kind of provisioner the agent has.
//
// The composition roots (worker, server) call it, so that none of them knows a
// kind that another does not. It must hold no behaviour of its own: what a
// provisioner does is in the provisioner's package.
package kinds
