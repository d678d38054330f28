// Package kinds gathers every kind of router the agent has.
//
// The composition roots (worker, server, end-to-end tests) call it, so that none
// of them knows a kind that another does not. It must hold no behaviour of its
// own: what a router does is in the router's package.
package kinds
