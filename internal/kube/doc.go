// Package kube is what the Kubernetes adapters share: how a cluster is reached,
// how an address of a fleet's record names an object in it, typed objects over
// the dynamic client, and the labels by which the agent knows its own.
//
// internal/router/gatewayapi and internal/provision/kubernetes call it. It
// decides nothing about fleets and writes only what it is told to write. No
// cluster is contacted and no kubeconfig is read before the first call that
// needs one, so a program may always be composed with it.
package kube
